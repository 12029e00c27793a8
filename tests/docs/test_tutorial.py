"""docs/tutorial.md has each row of the tutorial, with existing tests."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = dict(re.findall(r"^\| (\d+) \|(.*)\|$", (ROOT / "docs" / "tutorial.md").read_text(), re.MULTILINE))


def test_every_row_is_there() -> None:
    """The page has twenty rows, in order."""
    assert list(ROWS) == [str(number) for number in range(1, 21)]


def test_every_row_is_tested() -> None:
    """Each row names existing tests of the application."""
    code = "".join(file.read_text() for file in (ROOT / "tests" / "app").glob("test_*.py"))
    there = set(re.findall(r"def (test_\w+)\(", code))
    named = {row: set(re.findall(r"`(test_\w+)`", text)) for row, text in ROWS.items()}
    assert {row: names - there for row, names in named.items() if not names or names - there} == {}
