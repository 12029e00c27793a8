"""Whole applications, with test suites of their own: run on Flask, ported, run on Quart."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from compat.port.command import DONE, LEFT, main
from compat.port.porter import port

APPLICATIONS = Path(__file__).parent / "applications"

#: What is done by hand in each: the file, the line that the report names, and what it becomes.
BY_HAND: dict[str, list[tuple[str, str, str]]] = {
    "one_file": [],
    "notes_api": [],
    "blog": [
        ("requirements.txt", "Flask>=3", "quart"),
        ("requirements.txt", "Flask-Login==0.6.3", "quart-flask-login"),
    ],
    "gallery": [
        (
            "gallery.py",
            '    if response.mimetype == "text/html":',
            '    if isinstance(response, Response) and response.mimetype == "text/html":',
        )
    ],
}
#: Their tests need no plugin: unittest awaits by itself.
OF_UNITTEST = {"notes_api"}
every_application = pytest.mark.parametrize("name", BY_HAND)


@pytest.fixture
def copy(name: str, tmp_path: Path) -> Path:
    """A copy of the application, to be changed."""
    return shutil.copytree(APPLICATIONS / name, tmp_path / name)


def run_tests(folder: Path, *options: str) -> None:
    """Run the application's own test suite in a process of its own, with no plugins but those named."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(  # noqa: S603  # our own interpreter
        command, cwd=folder, env=alone, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@every_application
def test_runs_on_flask(copy: Path) -> None:
    """Before the port, the application passes its tests on Flask and Flask-Login."""
    run_tests(copy)


@every_application
def test_runs_on_quart(name: str, copy: Path) -> None:
    """After the port, and exactly the listed changes by hand, it passes them on Quart and compat."""
    assert main([str(copy), "--write", "--quiet"]) == (LEFT if BY_HAND[name] else DONE)
    for file, before, after in BY_HAND[name]:
        text = (copy / file).read_text()
        assert text.count(before) == 1
        (copy / file).write_text(text.replace(before, after))

    run_tests(copy, *([] if name in OF_UNITTEST else ["-p", "pytest_asyncio.plugin"]))


@every_application
def test_nothing_of_flask_is_left(copy: Path) -> None:
    """No file of the ported application names Flask in its code."""
    main([str(copy), "--write", "--quiet"])

    code = "".join(file.read_text() for file in copy.rglob("*.py"))

    assert [line for line in code.splitlines() if "flask" in line and "FlaskLogin" not in line] == []


@every_application
def test_ported_application_stays(copy: Path) -> None:
    """A second run changes nothing, and says the same as the first is to leave."""
    main([str(copy), "--write", "--quiet"])
    first = port(copy)

    assert not any(file.is_changed for file in first.files)
    assert len([each for each in first.findings if each.level == "todo"]) == len(BY_HAND[copy.name])
