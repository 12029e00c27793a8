"""The goals of the comparison, as ratios of two rows: a ratio depends less on the machine than a figure does."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.measurement.results import Results, RowResult

HEADINGS = ("", "median of the turns' ratios", "goal", "verdict")

_QUART, _FLASK_16, _FLASK_64 = "Quart, Hypercorn", "Flask, gunicorn 16 threads", "Flask, gunicorn 64 threads"


class Verdict(StrEnum):
    """What the turns say about a goal."""

    MET = "met"
    NOT_MET = "not met"
    NOT_DISTINGUISHABLE = "not distinguishable"


@dataclass(frozen=True)
class Goal:
    """A limit for the ratio of one row to another.

    Attributes:
        measure: the ratio in words.
        case: the key of the case that has both rows.
        row, by: the names of the rows; *row* is divided by *by*.
        what: the figure that is compared: an attribute of a turn.
        limit: the goal.
        is_least: whether the ratio should be at least the limit, or at most.
    """

    measure: str
    case: str
    row: str
    by: str
    what: str
    limit: float
    is_least: bool = True

    def judge(self, ratios: Sequence[float]) -> Verdict:
        """Compare the turns' ratios with the limit, at the two decimals that the table shows.

        The goal is met if every turn meets it, and not met if none does. Otherwise the range of the ratios crosses
        the goal, and these turns cannot tell which side of it the two rows are on.
        """
        met = {self._is_met_by(ratio) for ratio in ratios}
        if len(met) > 1:
            return Verdict.NOT_DISTINGUISHABLE
        return Verdict.MET if met == {True} else Verdict.NOT_MET

    def _is_met_by(self, ratio: float) -> bool:
        return round(ratio, 2) >= self.limit if self.is_least else round(ratio, 2) <= self.limit


GOALS = (
    Goal("database at 0 ms, 32 connections: requests/s, Quart / Flask (16 threads)",
         "page", _QUART, _FLASK_16, "rate", 1.0),
    Goal("20 ms, 256 connections: requests/s, Quart / Flask (64 threads)",
         "delay20", _QUART, _FLASK_64, "rate", 1.3),
    Goal("the same: p99",
         "delay20", _QUART, _FLASK_64, "p99", 1.0, is_least=False),
    Goal("100 ms, 1,000 connections: requests/s, Quart / Flask (64 threads)",
         "delay100", _QUART, _FLASK_64, "rate", 3.0),
    Goal("the same: p99",
         "delay100", _QUART, _FLASK_64, "p99", 1.0, is_least=False),
    Goal("Quart: requests/s, 1,000 connections / 32 connections",
         "concurrency", f"{_QUART}, c=1000", f"{_QUART}, c=32", "rate", 0.9),
    Goal("requests/s, users in memory / users in SQLite",
         "database", "memory", "SQLite", "rate", 1.15, is_least=False),
    Goal("requests/s, users in memory / users in PostgreSQL",
         "database", "memory", "PostgreSQL", "rate", 1.15, is_least=False),
    Goal("requests/s, 1,000 users / 1,000,000 users",
         "users", "1,000 users", "1,000,000 users", "rate", 1.1, is_least=False),
    Goal("CPU time of a request, compat / Quart-Auth",
         "peers", "compat", "Quart-Auth", "cpu", 1.0, is_least=False),
)  # fmt: skip


def goal_cells(results: Results) -> Iterator[list[str]]:
    """One row of the table for each goal whose two rows were measured."""
    for goal in GOALS:
        ratios = _ratios(results, goal)
        if ratios:
            yield [
                goal.measure,
                f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                f"{'≥' if goal.is_least else '≤'} {goal.limit:g}",
                goal.judge(ratios),
            ]


def _ratios(results: Results, goal: Goal) -> list[float]:
    rows: list[RowResult | None] = [None, None]
    for case in results.cases:
        if case.key == goal.case:
            rows = [case.row(goal.row), case.row(goal.by)]
    row, by = rows
    return [] if row is None or by is None else row.ratios_to(by, goal.what)
