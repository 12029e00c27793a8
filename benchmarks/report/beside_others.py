"""Quart beside each of the others, in the cases where many servers or libraries serve the same page."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measurement.results import CaseResult, RowResult

from .beside_flask import ratio_cells

HEADINGS = ("", "requests/s", "p99 ms", "Quart / it, requests/s", "more requests/s", "it / Quart, CPU")
#: The cases whose first row of each load is Quart on Hypercorn, and the others are compared with it.
CASES = ("frameworks", "flask")


def other_cells(case: CaseResult) -> Iterator[list[str]]:
    """One row for each row of the case, compared with Quart under the same load.

    The CPU time of a request is what other programs on the machine disturb least.
    """
    for row in case.rows:
        quart = next(each for each in case.rows if each.load == row.load)
        figures = [row.name, f"{row.median('rate'):,.0f}", f"{row.median('p99'):,.0f}"]
        yield [*figures, "1", "", "1"] if row is quart else [*figures, *_compared(quart, row)]


def _compared(quart: RowResult, row: RowResult) -> list[str]:
    cpu, _ = ratio_cells(row, quart, what="cpu")
    return [*ratio_cells(quart, row, ("Quart", row.name.partition(",")[0])), cpu]
