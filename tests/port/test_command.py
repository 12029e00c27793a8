from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from compat.port.command import DONE, LEFT, WRONG, main

BEFORE = "from flask import Flask  # the framework\n\n\napp = Flask( __name__ )\n"
AFTER = "from quart import Quart  # the framework\n\n\napp = Quart( __name__ )\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An application of two lines."""
    path = tmp_path / "site.py"
    path.write_text(BEFORE)
    return path


def test_shows_a_diff_and_writes_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --write there is a diff to read, and no file is touched."""
    stamp = file.stat().st_mtime_ns

    assert main([str(file)]) == DONE

    out, err = capsys.readouterr()
    assert out == (
        "--- a/site.py\n+++ b/site.py\n@@ -1,4 +1,4 @@\n-from flask import Flask  # the framework\n"
        "+from quart import Quart  # the framework\n \n \n-app = Flask( __name__ )\n+app = Quart( __name__ )\n"
    )
    assert err == "1 of 1 files to change (nothing is written without --write); 0 to do by hand, 0 to check.\n"
    assert (file.read_text(), file.stat().st_mtime_ns) == (BEFORE, stamp)


def test_writes_when_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --write the files are changed, and the rest of their text is as it was."""
    assert main([str(file), "--write"]) == DONE

    assert file.read_text() == AFTER
    assert capsys.readouterr().out == ""
    assert main([str(file), "--write"]) == DONE
    assert "0 of 1 files changed" in capsys.readouterr().err


def test_line_ends_and_encoding_are_kept(file: Path) -> None:
    """A file keeps its line ends, its byte order mark and its encoding."""
    windows = b"\xef\xbb\xbf" + "# Grüße\r\nfrom flask import g\r\n".encode()
    latin = "# -*- coding: latin-1 -*-\nfrom flask import g  # Grüße\n".encode("latin-1")
    for before in (windows, latin):
        file.write_bytes(before)
        main([str(file), "--write"])
        assert file.read_bytes() == before.replace(b"flask", b"quart")


def test_exit_code_tells_whether_something_is_left(file: Path) -> None:
    """The exit code is another one while something is to be done by hand."""
    file.write_text("from flask import *\n")

    assert main([str(file), "--quiet"]) == LEFT


def test_no_such_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path that is not there is an error of its own."""
    assert main([str(tmp_path / "nowhere")]) == WRONG
    assert "there is no such file or folder" in capsys.readouterr().err


def test_report_is_written(file: Path, tmp_path: Path) -> None:
    """--report writes what is left to a file, in the format of its name."""
    file.write_text("from flask import *\n")
    report = tmp_path / "left.json"

    main([str(file), "--quiet", "--report", str(report)])

    assert [(each["path"], each["line"], each["level"]) for each in json.loads(report.read_text())] == [
        ("site.py", 1, "todo")
    ]


@pytest.mark.parametrize("folder", [".hidden", "migrations", "node_modules", "__pycache__", "ours"])
def test_folders_of_others_are_left(tmp_path: Path, folder: str) -> None:
    """Hidden folders, migrations, caches and virtual environments are not looked into."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "site.py").write_text(BEFORE)
    (tmp_path / folder / "pyvenv.cfg").touch()

    main([str(tmp_path), "--write"])

    assert (tmp_path / folder / "site.py").read_text() == BEFORE


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link to a file elsewhere changes nothing there."""
    outside, inside = tmp_path / "outside.py", tmp_path / "project"
    outside.write_text(BEFORE)
    inside.mkdir()
    (inside / "site.py").symlink_to(outside)

    main([str(inside), "--write"])

    assert outside.read_text() == BEFORE


def test_runs_as_a_module(file: Path) -> None:
    """``python -m compat.port`` is the command."""
    command = [sys.executable, "-m", "compat.port", str(file), "--quiet"]

    assert subprocess.run(command, check=False, capture_output=True, timeout=120).returncode == DONE  # noqa: S603


def test_without_libcst_it_says_how_to_get_it(file: Path) -> None:
    """Where LibCST is not installed, the command names the extra; and compat needs no LibCST."""
    code = "import sys; sys.modules['libcst'] = None; import runpy; import compat"
    code += "; runpy.run_module('compat.port', run_name='__main__')"

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)  # noqa: S603

    assert (done.returncode, done.stderr) == (
        1, 'The porting assistant needs LibCST: pip install "quart-flask-login[port]"\n',
    )  # fmt: skip
