"""A picture of a case, as SVG: a bar for the median of each row, a line from the least to the most, light and dark."""

from __future__ import annotations

from html import escape

from benchmarks.measurement.results import CaseResult, RowResult

_WIDTH, _NAMES, _FIGURES = 860, 250, 110
_GAP = 24
_BAR, _LINE, _TOP = 16, 26, 56
_PANELS = (("rate", "requests/s (more is better)"), ("p99", "p99 in ms (less is better)"))
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c1e21 } .title { font-weight: 600 }
.small { font-size: 12px; fill: #5b6168 }
.async { fill: #1f6feb } .sync { fill: #d9822b } .other { fill: #7d8590 } .spread { stroke: #1c1e21; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6e8eb } .small { fill: #9aa2ab } .async { fill: #58a6ff } .sync { fill: #e3a04f }
.other { fill: #8b949e } .spread { stroke: #e6e8eb } }
"""


def chart(case: CaseResult) -> str:
    """The picture; it stands alone, as a file or in a page."""
    height = _TOP + _LINE * len(case.rows) + 8
    room = (_WIDTH - _NAMES - len(_PANELS) * _GAP) / len(_PANELS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(case.question)}</title><style>{_STYLE}</style>",
        f'<text class="title" x="0" y="16">{escape(case.question)}</text>',
    ]
    for number, row in enumerate(case.rows):
        baseline = _TOP + _LINE * number + 13
        parts.append(f'<text x="{_NAMES - 10}" y="{baseline}" text-anchor="end">{escape(row.name)}</text>')
    for number, (what, title) in enumerate(_PANELS):
        left = _NAMES + number * (room + _GAP)
        parts.append(f'<text class="small" x="{left:.1f}" y="42">{title}</text>')
        most = max((row.spread(what)[1] for row in case.rows), default=0) or 1
        for line, row in enumerate(case.rows):
            parts += _bar(row, what, left=left, top=_TOP + _LINE * line, scale=(room - _FIGURES) / most)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(row: RowResult, what: str, *, left: float, top: float, scale: float) -> list[str]:
    value, (low, high) = row.median(what), row.spread(what)
    middle = top + _BAR / 2
    shown = f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
    start, end = left + low * scale, left + high * scale
    width = f'width="{value * scale:.1f}" height="{_BAR}"'
    return [
        f'<rect class="{_side(row.name)}" x="{left:.1f}" y="{top}" {width} rx="2"/>',
        f'<line class="spread" x1="{start:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}"/>',
        f'<text class="small" x="{end + 6:.1f}" y="{top + 13}">{shown}</text>',
    ]


def _side(name: str) -> str:
    return "sync" if name.startswith("Flask") else "async" if name.startswith("Quart,") else "other"
