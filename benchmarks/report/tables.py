"""The table of a case, in words: what Markdown and HTML have in common."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.measurement.results import CaseResult, RowResult

HEADINGS = ("", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs each", "memory MiB", "errors")


def row_cells(row: RowResult) -> list[str]:
    """Medians of all turns, the rate and the 99th percentile with the least and the most."""
    return [
        row.name,
        f"{row.median('rate'):,.0f} ({_spread(row, 'rate')})",
        *(_milliseconds(row.median(name)) for name in ("p50", "p95")),
        f"{_milliseconds(row.median('p99'))} ({_spread(row, 'p99')})",
        f"{row.median('cpu'):,.0f}",
        f"{row.median('memory'):,.0f}",
        f"{row.errors:,}",
    ]


def conditions(case: CaseResult) -> Sequence[str]:
    """Under which load, with which database: once each."""
    return list(dict.fromkeys(f"{row.load}; {row.place}" for row in case.rows))


def commands(case: CaseResult) -> Sequence[str]:
    """What was run, once each: servers, then load generators."""
    servers = [row.server_command for row in case.rows]
    return list(dict.fromkeys([*servers, *(row.load_command for row in case.rows)]))


def caveat(repetitions: int) -> str:
    """What to think of medians of so many turns."""
    if repetitions < 5:
        return f"Only {repetitions} turn{'s' * (repetitions > 1)} of each row: an impression, not a measurement."
    return f"Medians of {repetitions} turns of each row (websockets: 2), taken A B A B; in brackets least and most."


def _spread(row: RowResult, what: str) -> str:
    low, high = row.spread(what)
    return f"{low:,.0f} to {high:,.0f}"


def _milliseconds(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
