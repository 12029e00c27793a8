"""Results become files that are read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.measurement.results import CaseResult, Results, RowResult, Turn, read_results
from benchmarks.report import write_report

_RATES = (100.0, 300.0, 200.0)


@pytest.fixture
def results() -> Results:
    """One case with two rows, and one that was left out."""
    turns = [Turn(rate, 1.0, 2.0, 3.0 * rate, 400.0, 50.0, 1) for rate in _RATES]
    rows = [
        RowResult(name, "/, users", "SQLite", "hypercorn <&>", "wrk", turns)
        for name in ("Quart, Hypercorn uvloop", "Flask, gunicorn 16 threads")
    ]
    cases = [CaseResult("page", "The home page & <more>", rows), CaseResult("far", "Far", skipped="no PostgreSQL")]
    return Results("quick", "python -m benchmarks --quick", 3, 1.0, {"Python": "3.11"}, "compared: all", cases)


def test_results_come_back_from_json(results: Results, tmp_path: Path) -> None:
    """What was measured can be drawn again later."""
    results.write(tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results


def test_medians_and_spread_are_told(results: Results, tmp_path: Path) -> None:
    """Tables have the median with the least and the most, the command, and what is to be thought of three turns."""
    write_report(results, tmp_path)
    text = (tmp_path / "results.md").read_text()
    assert "200 (100 to 300)" in text
    assert "Only 3 turns" in text
    assert "no PostgreSQL" in text
    assert "python -m benchmarks --quick" in text


def test_the_page_stands_alone(results: Results, tmp_path: Path) -> None:
    """One file, light and dark, without anything from elsewhere, and with nothing unescaped in it."""
    write_report(results, tmp_path)
    page = (tmp_path / "results.html").read_text()
    assert "prefers-color-scheme: dark" in page
    assert "src=" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "<more>" not in page


def test_a_picture_is_svg(results: Results, tmp_path: Path) -> None:
    """Each case that was measured has a picture with a bar for each row and figure."""
    write_report(results, tmp_path)
    picture = ET.fromstring((tmp_path / "page.svg").read_text())  # noqa: S314 - our own
    assert len(picture.findall("{http://www.w3.org/2000/svg}rect")) == 4
    assert not (tmp_path / "far.svg").exists()
