"""Results as one HTML page that needs nothing else: no script, no font, no file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from benchmarks.measurement.results import CaseResult, Results

from .beside_flask import HEADINGS as FIGURE_HEADINGS
from .beside_flask import figure_cells
from .beside_others import CASES, other_cells
from .beside_others import HEADINGS as OTHER_HEADINGS
from .charts import chart
from .goals import HEADINGS as GOAL_HEADINGS
from .goals import goal_cells
from .tables import HEADINGS, caveat, commands, conditions, row_cells

_STYLE = """
:root { color-scheme: light dark; --line: #d5d9de; --quiet: #5b6168 }
@media (prefers-color-scheme: dark) { :root { --line: #3a4048; --quiet: #9aa2ab } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 3rem; font-size: 1.2rem } svg { width: 100%; height: auto }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left } p.quiet, summary { color: var(--quiet); font-size: .9rem }
pre { overflow-x: auto; font-size: .8rem; border: 1px solid var(--line); padding: .6rem }
"""


def as_page(results: Results) -> str:
    """All of it."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Sync and async, side by side</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>Sync and async, side by side</h1><pre>{escape(results.command)}</pre>"
    yield f"<p>{escape(caveat(results.repetitions))}</p><pre>{escape(results.compared)}</pre>"
    if figures := list(figure_cells(results)):
        yield '<h2 id="figures">In figures</h2>'
        yield from _table(FIGURE_HEADINGS, figures)
    if goals := list(goal_cells(results)):
        yield '<h2 id="ratios">In ratios</h2>'
        yield from _table(GOAL_HEADINGS, goals)
    for case in results.cases:
        if case.key in CASES and case.rows:
            yield f"<h2>Quart beside it: {escape(case.question)}</h2>"
            yield from _table(OTHER_HEADINGS, other_cells(case))
    for case in results.cases:
        yield from _case_lines(case)
    yield '<h2 id="where">Where</h2><div class="scroll"><table>'
    for name, value in results.machine.items():
        yield f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
    yield "</table></div></body></html>"


def _case_lines(case: CaseResult) -> Iterator[str]:
    yield f'<h2 id="{escape(case.key)}">{escape(case.question)}</h2>'
    if case.skipped:
        yield f"<p>Left out: {escape(case.skipped)}</p>"
        return
    yield chart(case)
    yield from _table(HEADINGS, map(row_cells, case.rows))
    yield from (f'<p class="quiet">{escape(line)}</p>' for line in (*conditions(case), *case.notes))
    yield f"<details><summary>Commands</summary><pre>{escape(chr(10).join(commands(case)))}</pre></details>"


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f'<div class="scroll"><table><tr>{"".join(f"<th>{escape(heading)}</th>" for heading in headings)}</tr>'
    for cells in rows:
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
    yield "</table></div>"
