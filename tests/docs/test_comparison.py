"""The published comparison agrees with the measured results."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measurement.results import read_results
from benchmarks.report import write_report
from tests.docs.pages import DOCS, prose

_PUBLISHED = DOCS / "comparison"
_PEERS = _PUBLISHED / "peers"


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """The report of the kept results."""
    write_report(read_results(_PUBLISHED / "results.json"), tmp_path)
    return tmp_path


@pytest.mark.parametrize("folder", [_PUBLISHED, _PEERS], ids=lambda folder: folder.name)
def test_pictures_are_those_of_the_results(folder: Path, tmp_path: Path) -> None:
    """Each file beside the results is what the report makes of them, and each picture is shown."""
    write_report(read_results(folder / "results.json"), tmp_path)
    published = {file.name for file in folder.iterdir() if file.is_file()} - {"results.json"}
    assert {name: (folder / name).read_text() for name in published} == {
        name: (tmp_path / name).read_text() for name in published
    }
    page, place = prose(DOCS / "comparison.md"), folder.relative_to(DOCS)
    assert [name for name in published if f"({place}/{name})" not in page] == []


@pytest.mark.parametrize("heading", ["In figures", "In ratios"])
def test_tables_are_those_of_the_results(drawn: Path, heading: str) -> None:
    """The page's tables of figures and of ratios are those of the report, with the missed goals."""
    table = _table(drawn, heading)
    assert table.count("\n") > 5
    assert table in (DOCS / "comparison.md").read_text()


def test_tables_of_peers_are_those_of_their_results(tmp_path: Path) -> None:
    """The page's tables of other libraries and of gunicorn's workers are those of the run that measured them."""
    results = read_results(_PEERS / "results.json")
    write_report(results, tmp_path)
    tables = [_table(tmp_path, f"Quart beside it: {case.question}") for case in results.cases if case.key != "delay20"]
    assert [table.count("\n") > 5 for table in tables] == [True, True]
    assert [table for table in tables if table not in (DOCS / "comparison.md").read_text()] == []


def _table(folder: Path, heading: str) -> str:
    return (folder / "results.md").read_text().partition(f"## {heading}\n\n")[2].partition("\n\n")[0]
