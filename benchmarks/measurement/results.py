"""Figures, their medians and their spread; to and from JSON."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Turn:
    """What one turn gave.

    Attributes:
        rate: requests (or messages) a second.
        p50, p95, p99: milliseconds.
        cpu: microseconds of the server's processes for each request.
        memory: MiB of the server's processes, at the end.
        errors: failed requests.
    """

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float
    memory: float
    errors: int

    @property
    def is_unanswered(self) -> bool:
        """Whether nothing was answered or received, and nothing failed: the turn was too short for the machine."""
        return not self.rate and not self.errors


@dataclass(frozen=True)
class RowResult:
    """All turns of a row."""

    name: str
    load: str
    place: str
    server_command: str
    load_command: str
    turns: list[Turn]

    def median(self, what: str) -> float:
        """The median of a figure, by its name."""
        return float(statistics.median(getattr(turn, what) for turn in self.turns))

    def spread(self, what: str) -> tuple[float, float]:
        """The least and the most of a figure."""
        values = [getattr(turn, what) for turn in self.turns]
        return min(values), max(values)

    @property
    def errors(self) -> int:
        """Failed requests of all turns."""
        return sum(turn.errors for turn in self.turns)

    def ratios_to(self, other: RowResult, what: str) -> list[float]:
        """A figure divided by another row's, turn by turn: what else the machine did then hit both."""
        pairs = zip(self.turns, other.turns, strict=True)
        return [getattr(mine, what) / getattr(theirs, what) for mine, theirs in pairs if getattr(theirs, what)]


@dataclass(frozen=True)
class CaseResult:
    """All rows of a case; *skipped* says why there are none, *notes* what was left out, and how pages differ."""

    key: str
    question: str
    rows: list[RowResult] = field(default_factory=list)
    skipped: str = ""
    notes: list[str] = field(default_factory=list)

    def row(self, name: str) -> RowResult | None:
        """A row by its name, if it was measured."""
        return next((row for row in self.rows if row.name == name), None)


@dataclass(frozen=True)
class Results:
    """A whole run."""

    plan: str
    command: str
    repetitions: int
    seconds: float
    machine: dict[str, str]
    compared: str
    cases: list[CaseResult] = field(default_factory=list)

    def write(self, file: Path) -> None:
        """As JSON."""
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def read_results(file: Path) -> Results:
    """What :meth:`Results.write` wrote."""
    told: dict[str, Any] = json.loads(file.read_text())
    cases = []
    for case in told.pop("cases"):
        rows = [RowResult(**{**row, "turns": [Turn(**turn) for turn in row["turns"]]}) for row in case.pop("rows")]
        cases.append(CaseResult(**case, rows=rows))
    return Results(**told, cases=cases)
