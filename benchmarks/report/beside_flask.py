"""Absolute figures: each load with the best Flask server that was measured, and Quart on Hypercorn beside it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.measurement.results import CaseResult, Results, RowResult

from .goals import Verdict

HEADINGS = ("", "best Flask", "requests/s (p99)", "Quart: requests/s (p99)", "Quart / Flask", "more requests/s")
_QUART, _FLASK = "Quart, Hypercorn", "Flask, "


def figure_cells(results: Results) -> Iterator[list[str]]:
    """One row for each load under which both were measured, each in one process."""
    for case in results.cases:
        for load, place in dict.fromkeys((row.load, row.place) for row in case.rows):
            rows = [row for row in case.rows if (row.load, row.place) == (load, place)]
            quart = next((row for row in rows if row.name.startswith(_QUART)), None)
            flasks = [row for row in rows if row.name.startswith(_FLASK) and "workers" not in row.name]
            if quart is not None and flasks:
                best = max(flasks, key=lambda row: row.median("rate"))
                yield [_title(case, rows[0]), _server(best), _figures(best), _figures(quart), *ratio_cells(quart, best)]


def ratio_cells(
    row: RowResult, other: RowResult, names: Sequence[str] = ("Quart", "Flask"), *, what: str = "rate"
) -> list[str]:
    """The ratio of a figure with its range, and which row had more of it in every turn.

    If the range crosses 1, these turns cannot tell.
    """
    ratios = row.ratios_to(other, what)
    rounded = [round(ratio, 2) for ratio in ratios]
    more = names[0] if min(rounded) > 1 else names[1] if max(rounded) < 1 else Verdict.NOT_DISTINGUISHABLE
    return [f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", more]


def _title(case: CaseResult, row: RowResult) -> str:
    """The question of the case, and what tells this load from the others of the case."""
    if len({(each.load, each.place) for each in case.rows}) == 1:
        return case.question
    return f"{case.question}: {row.name.rpartition(', ')[2]}"


def _server(row: RowResult) -> str:
    return row.name.removeprefix(_FLASK).partition(", ")[0]


def _figures(row: RowResult) -> str:
    rate, p99 = row.median("rate"), row.median("p99")
    return f"{rate:,.0f} ({p99:,.0f} ms)" if rate >= 100 else f"{rate:,.1f} ({p99:,.0f} ms)"
