"""A reader's tests with a database pass, with SQLite and with PostgreSQL, by the settings and tools that are shown."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks, programs

_SQLITE = "sqlite+aiosqlite:///example.db"
_TIMEOUT = 120.0  # seconds, for a pytest that imports everything on a busy machine
#: A reader's tests with unittest, after the application of sqlalchemy.md.
_UNITTEST = """
from unittest import IsolatedAsyncioTestCase

class VisitTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        await self.enterAsyncContext(app.test_app())
        async with sessions.begin() as session:
            self.susan = User(name="susan")
            session.add(self.susan)

    async def test_a_visit_counts(self):
        await LoginClient(app, user=self.susan).post("/visit")
        self.assertEqual((await load_user(self.susan.get_id())).visits, 1)

    async def test_another_visit_counts(self):
        await self.test_a_visit_counts()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The engine's URL: the one on the page, or that of a PostgreSQL database without tables."""
    if request.param == "sqlite":
        return _SQLITE
    own: str = request.getfixturevalue("postgresql_url")
    return own.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture
def example(url: str) -> str:
    """The application and the tests of sqlalchemy.md, as one file."""
    program = "\n\n".join(block.code for block in blocks(DOCS / "sqlalchemy.md", "python"))
    assert program.count(_SQLITE) == 1
    return program.replace(_SQLITE, url)


def test_they_pass(tmp_path: Path, example: str) -> None:
    """They pass with the settings of testing.md."""
    (settings,) = blocks(DOCS / "testing.md", "toml")
    (tmp_path / "pyproject.toml").write_text(settings.code)

    done = run(tmp_path, example, "pytest", "-p", "no:cacheprovider")

    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout


def test_they_pass_with_the_plugin_of_anyio(tmp_path: Path, example: str) -> None:
    """They pass without pytest-asyncio, with the fixture of testing.md."""
    (fixture,) = (block.code for block in blocks(DOCS / "testing.md", "python") if "anyio_backend" in block.code)
    example = example.replace("async def started():", "async def started(anyio_backend):")
    example += f"\n{fixture}\npytestmark = pytest.mark.anyio\n"

    done = run(tmp_path, example, "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")

    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout


def test_they_pass_with_unittest(tmp_path: Path, example: str) -> None:
    """Tests with a loop each pass if each starts and stops the application."""
    done = run(tmp_path, example + _UNITTEST, "unittest", "test_example")

    assert (done.returncode, "Ran 2 tests" in done.stderr) == (0, True), done.stderr


def test_the_case_that_is_shown_passes() -> None:
    """The test case of testing.md passes."""
    result = unittest.TestResult()
    with programs(DOCS / "testing.md") as (page,):
        unittest.defaultTestLoader.loadTestsFromTestCase(page.IndexTest).run(result)

    assert (result.testsRun, result.wasSuccessful()) == (1, True), result.errors + result.failures


def run(folder: Path, program: str, *tool: str) -> subprocess.CompletedProcess[str]:
    """Run the reader's file by a tool, in a folder of its own."""
    (folder / "test_example.py").write_text(program)
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", *tool],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
