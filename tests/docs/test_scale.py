"""The page about scale agrees with what was measured."""

from __future__ import annotations

from benchmarks.scale.figures import read_figures
from benchmarks.scale.report import update_page
from tests.docs.pages import DOCS


def test_tables_are_those_of_the_figures() -> None:
    """Each table of the page is what the report makes of the figures beside it."""
    page = (DOCS / "scale.md").read_text()
    assert update_page(page, read_figures(DOCS / "scale" / "scale.json")) == page
