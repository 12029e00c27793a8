"""Results become readable files."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measurement.cases import all_cases
from benchmarks.measurement.results import CaseResult, Results, RowResult, Turn, read_results
from benchmarks.report import write_report
from benchmarks.report.beside_flask import figure_cells
from benchmarks.report.goals import GOALS, Goal, Verdict

pytestmark = pytest.mark.quick

_RATES = (100.0, 300.0, 200.0)


@pytest.fixture
def results() -> Results:
    """One case with two rows, and one that was skipped."""
    turns = [Turn(rate, 1.0, 2.0, 3.0 * rate, 400.0, 50.0, 1) for rate in _RATES]
    rows = [
        RowResult(name, "/, users", "SQLite", "hypercorn <&>", "wrk", turns)
        for name in ("Quart, Hypercorn", "Flask, gunicorn 16 threads")
    ]
    cases = [CaseResult("page", "The home page & <more>", rows), CaseResult("far", "Far", skipped="no PostgreSQL")]
    return Results("quick", "python -m benchmarks --quick", 3, 1.0, {"Python": "3.11"}, "compared: all", cases)


def test_results_come_back_from_json(results: Results, tmp_path: Path) -> None:
    """Results that were written as JSON can be reported again."""
    results.write(tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results


def test_medians_and_spread_are_told(results: Results, tmp_path: Path) -> None:
    """Tables have the median with minimum and maximum, the command, and a note about three turns."""
    write_report(results, tmp_path)
    text = (tmp_path / "results.md").read_text()
    assert "200 (100 to 300)" in text
    assert "Only 3 turns" in text
    assert "no PostgreSQL" in text
    assert "python -m benchmarks --quick" in text


@pytest.mark.parametrize(
    ("factors", "cells"),
    [
        ((0.5, 0.8, 1.0), ("1.25 (1.00 to 2.00)", "met")),
        ((1.25, 2.0, 1.25), ("0.80 (0.50 to 0.80)", "not met")),
        ((0.5, 2.0, 1.25), ("0.80 (0.50 to 2.00)", "not distinguishable")),
    ],
)
def test_goals_are_ratios_of_turns(
    results: Results, tmp_path: Path, factors: tuple[float, ...], cells: tuple[str, str]
) -> None:
    """A goal is judged by the ratios of all turns; one without results is left out."""
    quart, flask = results.cases[0].rows
    turns = [replace(turn, rate=turn.rate * factor) for turn, factor in zip(flask.turns, factors, strict=True)]
    results.cases[0].rows[:] = [quart, replace(flask, turns=turns)]
    ratios, verdict = cells
    write_report(results, tmp_path)

    assert f"| {ratios} | ≥ 1 | {verdict} |" in (tmp_path / "results.md").read_text()
    assert f"<td>{ratios}</td><td>≥ 1</td><td>{verdict}</td>" in (tmp_path / "results.html").read_text()
    for file in ("results.md", "results.html"):
        text = (tmp_path / file).read_text()
        assert text.count(ratios) == 2, "among the figures and among the goals"
        assert "Quart-Auth" not in text


@pytest.mark.parametrize(
    ("factors", "more"),
    [((0.5, 0.8, 0.9), "Quart"), ((1.25, 2.0, 1.25), "Flask"), ((0.5, 2.0, 1.25), "not distinguishable")],
)
def test_figures_come_with_the_best_flask(results: Results, factors: tuple[float, ...], more: str) -> None:
    """The table of figures has the Flask row that does most, with its ratio; a range that crosses 1 decides nothing."""
    quart, flask = results.cases[0].rows
    slow = replace(flask, name="Flask, gunicorn 4 threads", turns=[replace(turn, rate=1.0) for turn in flask.turns])
    workers = replace(flask, name="Flask, 2 workers", turns=[replace(turn, rate=9_999.0) for turn in flask.turns])
    turns = [replace(turn, rate=turn.rate * factor) for turn, factor in zip(flask.turns, factors, strict=True)]
    results.cases[0].rows[:] = [quart, slow, replace(flask, turns=turns), workers]

    [cells] = figure_cells(results)

    assert (cells[1], cells[3], cells[5]) == ("gunicorn 16 threads", "200 (600 ms)", more)


def test_quart_is_beside_each_other_library(results: Results, tmp_path: Path) -> None:
    """Each row of the case of libraries is compared with Quart under the same load."""
    quart, flask = results.cases[0].rows
    slower = replace(flask, turns=[replace(turn, rate=turn.rate / 2, cpu=600.0) for turn in flask.turns])
    rows = [replace(quart, load="c=1"), replace(slower, load="c=1"), quart, replace(quart, name="Django, gunicorn")]
    results.cases[:] = [CaseResult("frameworks", "The page", rows)]
    write_report(results, tmp_path)

    text = (tmp_path / "results.md").read_text()
    assert "| Flask, gunicorn 16 threads | 100 | 600 | 2.00 (2.00 to 2.00) | Quart | 1.50 (1.50 to 1.50) |" in text
    assert "| Django, gunicorn | 200 | 600 | 1.00 (1.00 to 1.00) | not distinguishable | 1.00 (1.00 to 1.00) |" in text
    assert "Quart beside it: The page" in (tmp_path / "results.html").read_text()


@pytest.mark.parametrize(
    ("is_least", "ratios", "verdict"),
    [
        (True, [1.3, 1.5], Verdict.MET),
        (True, [1.29, 1.1], Verdict.NOT_MET),
        (True, [1.29, 1.3], Verdict.NOT_DISTINGUISHABLE),
        (True, [1.296, 1.5], Verdict.MET),
        (False, [1.3, 1.1], Verdict.MET),
        (False, [1.31, 1.5], Verdict.NOT_MET),
        (False, [1.3, 1.31], Verdict.NOT_DISTINGUISHABLE),
    ],
)
def test_a_range_that_crosses_the_goal_decides_nothing(
    *, is_least: bool, ratios: list[float], verdict: Verdict
) -> None:
    """A goal is met or missed if all turns agree, to two decimals; else it is not distinguishable."""
    assert Goal("", "page", "Quart", "Flask", "rate", 1.3, is_least=is_least).judge(ratios) is verdict


def test_every_goal_is_measured() -> None:
    """The rows of each goal exist in its case."""
    cases = {case.key: {row.name for row in case.rows} for case in all_cases()}
    assert all({goal.row, goal.by} <= cases[goal.case] for goal in GOALS)


def test_the_page_stands_alone(results: Results, tmp_path: Path) -> None:
    """The page is one file, light and dark, that loads nothing and escapes everything."""
    write_report(results, tmp_path)
    page = (tmp_path / "results.html").read_text()
    assert "prefers-color-scheme: dark" in page
    assert "src=" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "<more>" not in page


def test_a_picture_is_svg(results: Results, tmp_path: Path) -> None:
    """Each measured case has a picture with a bar for each row and figure."""
    write_report(results, tmp_path)
    picture = ET.fromstring((tmp_path / "page.svg").read_text())  # noqa: S314 - our own
    assert len(picture.findall("{http://www.w3.org/2000/svg}rect")) == 4
    assert not (tmp_path / "far.svg").exists()
