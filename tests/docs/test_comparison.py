"""The published comparison agrees with the measured results."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measurement.results import read_results
from benchmarks.report import write_report
from tests.docs.pages import DOCS, prose

_PUBLISHED = DOCS / "comparison"


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """The report of the kept results."""
    write_report(read_results(_PUBLISHED / "results.json"), tmp_path)
    return tmp_path


def test_pictures_are_those_of_the_results(drawn: Path) -> None:
    """Each file beside the results is what the report makes of them, and each picture is shown."""
    published = {file.name for file in _PUBLISHED.iterdir()} - {"results.json"}
    assert {name: (_PUBLISHED / name).read_text() for name in published} == {
        name: (drawn / name).read_text() for name in published
    }
    page = prose(DOCS / "comparison.md")
    assert [name for name in published if f"(comparison/{name})" not in page] == []


def test_ratios_are_those_of_the_results(drawn: Path) -> None:
    """The page's table of ratios is that of the report, with the missed goals."""
    table = (drawn / "results.md").read_text().partition("## In ratios\n\n")[2].partition("\n\n")[0]
    assert table.count("\n") > 5
    assert table in (DOCS / "comparison.md").read_text()
