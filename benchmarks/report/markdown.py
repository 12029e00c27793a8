"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measurement.results import CaseResult, Results

from .goals import HEADINGS as GOAL_HEADINGS
from .goals import goal_cells
from .tables import HEADINGS, caveat, commands, conditions, row_cells


def as_markdown(results: Results) -> str:
    """All of it."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield from ("# Sync and async, side by side", "", f"    {results.command}", "", caveat(results.repetitions), "")
    yield from (f"{line}  " for line in results.compared.splitlines())
    yield ""
    if goals := list(goal_cells(results)):
        yield from ("## In ratios", "", f"| {' | '.join(GOAL_HEADINGS)} |", "|---|---:|---:|---|")
        yield from (*(f"| {' | '.join(cells)} |" for cells in goals), "")
    for case in results.cases:
        yield from _case_lines(case)
    yield from ("## Where", "", "| | |", "|---|---|")
    yield from (f"| {name} | {value} |" for name, value in results.machine.items())


def _case_lines(case: CaseResult) -> Iterator[str]:
    yield from (f"## {case.question}", "")
    if case.skipped:
        yield from (f"Left out: {case.skipped}", "")
        return
    yield f"| {' | '.join(HEADINGS)} |"
    yield f"|---{'|---:' * (len(HEADINGS) - 1)}|"
    yield from (f"| {' | '.join(row_cells(row))} |" for row in case.rows)
    yield ""
    yield from (f"{line}  " for line in (*conditions(case), *case.notes))
    yield from ("", "<details><summary>Commands</summary>", "", "```shell", *commands(case), "```", "</details>", "")
