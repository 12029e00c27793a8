"""A reader's tests with a database pass, with SQLite and with PostgreSQL, by the settings for pytest that are shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks

_SQLITE = "sqlite+aiosqlite:///example.db"
_TIMEOUT = 120.0  # seconds, for a pytest that imports everything on a busy machine


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The engine's URL: the one on the page, or that of a PostgreSQL database without tables."""
    if request.param == "sqlite":
        return _SQLITE
    own: str = request.getfixturevalue("postgresql_url")
    return own.replace("postgresql://", "postgresql+asyncpg://")


def test_they_pass(tmp_path: Path, url: str) -> None:
    """The application and the tests of sqlalchemy.md, as one file, pass with the settings of testing.md."""
    program = "\n\n".join(block.code for block in blocks(DOCS / "sqlalchemy.md", "python"))
    assert program.count(_SQLITE) == 1
    (tmp_path / "test_example.py").write_text(program.replace(_SQLITE, url))
    (settings,) = blocks(DOCS / "testing.md", "toml")
    (tmp_path / "pyproject.toml").write_text(settings.code)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )

    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout
