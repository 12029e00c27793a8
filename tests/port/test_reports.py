"""The report: its formats, and what it says once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compat.port.findings import Finding, Level, as_json, as_markdown, as_text
from compat.port.porter import port

from .test_findings import VIEW, findings

pytestmark = pytest.mark.quick


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A file that is not Python, or in no known encoding, is named, and the others are ported."""
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "coded.py").write_bytes(b"# -*- coding: nonsense -*-\n")
    (tmp_path / "good.py").write_text("from flask import g\n")

    result = port(tmp_path)

    assert [(each.path, each.level) for each in result.findings] == [("broken.py", "todo"), ("coded.py", "todo")]
    assert [file.after for file in result.files] == [b"from quart import g\n"]


def test_reports() -> None:
    """A finding reads the same in each format."""
    found = [
        Finding("b.py", 2, Level.CHECK, "open", "it blocks", "Use aiofiles"),
        Finding("a.py", 1, Level.TODO, "x", "y", "Z"),
    ]

    assert as_text(found) == "a.py:1: todo: x: y. Z\nb.py:2: check: open: it blocks. Use aiofiles\n"
    assert "## To do by hand (1)\n\n- [ ] `a.py:1` **x**: y. Z\n\n## To check (1)\n" in as_markdown(found)
    assert json.loads(as_json(found))[1] == {
        "path": "b.py", "line": 2, "level": "check", "what": "open", "why": "it blocks", "do": "Use aiofiles",
    }  # fmt: skip


def test_an_extension_is_reported_once(tmp_path: Path) -> None:
    """With all files that import it; in each of them a comment stands above the import."""
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("from flask_babel import _\n\nprint(_)\n")

    found = port(tmp_path)

    assert [str(each) for each in found.findings] == [
        (
            "a.py:1: todo: flask_babel: it is made for Flask, and is not ported, here and in b.py, c.py. "
            "Use quart-babel 1.0.7 (docs/extensions.md#flask-babel)"
        )
    ]
    assert all(b"# PORT: flask_babel" in file.after for file in found.files)


def test_what_blocks_is_reported_once_a_file(tmp_path: Path) -> None:
    """At its first place, with the number of the others."""
    views = "".join(f"@app.get('/{name}')\ndef {name}():\n    time.sleep(1)\n    open('x')\n\n\n" for name in "abc")
    found = findings(tmp_path, f"import time\n{VIEW}{views}")

    assert [(each.line, each.what) for each in found] == [(9, "time.sleep"), (10, "open")]
    assert all("until `a` goes on, and in 2 more places of this file" in each.why for each in found)
