"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.measurement.results import CaseResult, Results

from .beside_flask import HEADINGS as FIGURE_HEADINGS
from .beside_flask import figure_cells
from .beside_others import CASES, other_cells
from .beside_others import HEADINGS as OTHER_HEADINGS
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
    if figures := list(figure_cells(results)):
        yield from ("## In figures", "", *_table(FIGURE_HEADINGS, figures), "")
    if goals := list(goal_cells(results)):
        yield from ("## In ratios", "", f"| {' | '.join(GOAL_HEADINGS)} |", "|---|---:|---:|---|")
        yield from (*(f"| {' | '.join(cells)} |" for cells in goals), "")
    for case in results.cases:
        if case.key in CASES and case.rows:
            yield from (f"## Quart beside it: {case.question}", "", *_table(OTHER_HEADINGS, other_cells(case)), "")
    for case in results.cases:
        yield from _case_lines(case)
    yield from ("## Where", "", "| | |", "|---|---|")
    yield from (f"| {name} | {value} |" for name, value in results.machine.items())


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from (f"| {' | '.join(headings)} |", f"|---{'|---:' * (len(headings) - 1)}|")
    yield from (f"| {' | '.join(cells)} |" for cells in rows)


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
