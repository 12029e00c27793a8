"""What we want to hold, as ratios of two rows: figures of one machine say little of another, ratios more."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.measurement.results import Results, RowResult

HEADINGS = ("", "median of the turns' ratios", "goal", "")

_QUART, _FLASK_16, _FLASK_64 = "Quart, Hypercorn", "Flask, gunicorn 16 threads", "Flask, gunicorn 64 threads"


@dataclass(frozen=True)
class Goal:
    """One row divided by another.

    Attributes:
        measure: in words.
        case: where both rows are, by its key.
        row, by: their names.
        what: which figure of theirs.
        limit: what the ratio should be.
        is_least: whether at least that, or at most.
    """

    measure: str
    case: str
    row: str
    by: str
    what: str
    limit: float
    is_least: bool = True

    def is_met_by(self, ratio: float) -> bool:
        """Whether this is as we want it, to two digits."""
        return round(ratio, 2) >= self.limit if self.is_least else round(ratio, 2) <= self.limit


GOALS = (
    Goal("database at 0 ms, 32 connections: requests/s, Quart by Flask (16 threads)",
         "page", _QUART, _FLASK_16, "rate", 1.0),
    Goal("20 ms, 256 connections: requests/s, Quart by Flask (64 threads)",
         "delay20", _QUART, _FLASK_64, "rate", 1.3),
    Goal("the same: p99",
         "delay20", _QUART, _FLASK_64, "p99", 1.0, is_least=False),
    Goal("100 ms, 1,000 connections: requests/s, Quart by Flask (64 threads)",
         "delay100", _QUART, _FLASK_64, "rate", 3.0),
    Goal("the same: p99",
         "delay100", _QUART, _FLASK_64, "p99", 1.0, is_least=False),
    Goal("Quart: requests/s with 1,000 connections by those with 32",
         "concurrency", f"{_QUART}, c=1000", f"{_QUART}, c=32", "rate", 0.9),
    Goal("users in memory by users from SQLite: requests/s",
         "database", "memory", "SQLite", "rate", 1.15, is_least=False),
    Goal("users in memory by users from PostgreSQL: requests/s",
         "database", "memory", "PostgreSQL", "rate", 1.2, is_least=False),
    Goal("1,000 users by 1,000,000: requests/s",
         "users", "1,000 users", "1,000,000 users", "rate", 1.1, is_least=False),
    Goal("compat by Quart-Auth: CPU of a request",
         "peers", "compat", "Quart-Auth", "cpu", 1.0, is_least=False),
)  # fmt: skip


def goal_cells(results: Results) -> Iterator[list[str]]:
    """A row of the table for each goal whose rows were measured."""
    for goal in GOALS:
        ratios = _ratios(results, goal)
        if ratios:
            ratio = statistics.median(ratios)
            yield [
                goal.measure,
                f"{ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                f"{'≥' if goal.is_least else '≤'} {goal.limit:g}",
                "met" if goal.is_met_by(ratio) else "not met",
            ]


def _ratios(results: Results, goal: Goal) -> list[float]:
    rows: list[RowResult | None] = [None, None]
    for case in results.cases:
        if case.key == goal.case:
            rows = [case.row(goal.row), case.row(goal.by)]
    row, by = rows
    return [] if row is None or by is None else row.ratios_to(by, goal.what)
