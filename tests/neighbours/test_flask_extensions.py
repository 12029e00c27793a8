"""Each row of the first table of docs/extensions.md, on the extension itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.neighbours.conftest import GROUP, PAGE, names
from tests.services.environments import make_environment

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
PINNED = dict(line.split("==") for line in REQUIREMENTS.read_text().splitlines() if "==" in line)
CONSTRAINTS = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
#: The rows: what is said of each extension, by its name.
ROWS = {
    cells[0].rpartition(" ")[0]: (cells[0].rpartition(" ")[2], *cells[1:])
    for line in PAGE.read_text().partition("\n## Quart's own")[0].splitlines()
    if line.startswith("| Flask-") and (cells := [cell.strip() for cell in line.strip("| ").split("|")])
}
#: Rows that another page tells, with tests of its own.
ELSEWHERE = {"Flask-Migrate"}
#: What the page names with a version and these tests do not run: Quart's two, what cannot be used, another page's.
OTHERS = {"Quart", "and", "Flask-Migrate", "Flask-Themes", "quart-assets", "sqladmin", "NiceGUI", "SQLAlchemy"}
_TIMEOUT = 120.0  # seconds


@pytest.fixture(scope="module")
def python(pytestconfig: pytest.Config) -> Path:
    """The Python of an environment that has Flask's extensions."""
    return make_environment(pytestconfig.cache.mkdir("neighbours"), REQUIREMENTS) / "python"


def run(python: Path, folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that stands beside this file."""
    command = [str(python), str(Path(__file__).with_name(program)), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(  # noqa: S603 - our own
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )


def outcomes(python: Path, folder: Path, mode: str) -> dict[str, str]:
    """What becomes of each extension."""
    done = run(python, folder, "flask_extensions.py", mode)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_page_names_the_versions_that_are_tested() -> None:
    """Every version on the page is one of constraints.txt or of the environment beside."""
    named = dict(re.findall(r"\b([A-Za-z][\w-]+) (\d[\w.]*\.\w*\d)\b", PAGE.read_text()))
    ours = {*names(GROUP), "aiosmtplib", "quart-schema", "quart-wtforms"}
    tested = PINNED | {name: pin for name, pin in CONSTRAINTS.items() if name in ours}

    assert {name for name in named if name.lower() not in ours | PINNED.keys()} == OTHERS
    # Without constraints the newest versions are tried (.github/workflows/newest.yml).
    assert {name: named[name] for name in named.keys() - OTHERS if CONSTRAINTS} == {
        name: tested[name.lower()] for name in named.keys() - OTHERS if CONSTRAINTS
    }


def test_each_is_used_as_on_flask(python: Path, tmp_path: Path) -> None:
    """On Flask all of them work: what fails on Quart is not used wrongly."""
    assert set(outcomes(python, tmp_path, "flask").values()) == {"works"}


def test_as_they_are(python: Path, tmp_path: Path) -> None:
    """What becomes of each on Quart."""
    found = outcomes(python, tmp_path, "quart")

    assert {name: found[name] for name in ROWS if name not in ELSEWHERE} == {
        name: row[1] for name, row in ROWS.items() if name not in ELSEWHERE
    }
    assert found["Flask-Caching, get, set and memoize"] == "works"
    assert found["Flask-Caching, cached around a sync view"] == "500"


def test_with_the_patch(python: Path, tmp_path: Path) -> None:
    """What becomes of each, and of a login, with quart-flask-patch on Quart 0.22; Quart 0.23 cannot import it."""
    if version("quart") >= "0.23":
        done = run(python, tmp_path, "flask_extensions.py", "patched")
        assert "ImportError: cannot import name 'RequestContext' from 'quart.ctx'" in done.stderr
        return
    beside = run(python, tmp_path, "beside_quart_flask_patch.py")
    assert beside.stdout.split() == ["401", "susan@example.com"], beside.stderr
    found = outcomes(python, tmp_path, "patched")

    assert {name: found[name] for name in ROWS if name not in ELSEWHERE} == {
        name: row[2] for name, row in ROWS.items() if name not in ELSEWHERE
    }


def test_quart_security_ends_the_logins_of_compat(python: Path, tmp_path: Path) -> None:
    """A user of compat is logged in without quart-security, and logged out with it."""
    done = run(python, tmp_path, "beside_quart_security.py")

    assert done.stdout.split() == ["200", "200", "401", "401"], done.stderr
