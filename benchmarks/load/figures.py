"""What every load generator reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """One turn of load.

    Attributes:
        requests: how many were answered.
        seconds: for how long.
        p50, p95, p99: milliseconds that an answer took.
        errors: answers of 400 and above, and broken connections.
        command: what was run.
    """

    requests: int
    seconds: float
    p50: float
    p95: float
    p99: float
    errors: int
    command: str = ""

    @property
    def is_unanswered(self) -> bool:
        """Whether nothing was answered, and nothing failed: the turn was too short for the machine."""
        return not self.requests and not self.errors

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds if self.seconds else 0.0


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of them is; *ordered* from the least to the most; nothing is 0."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def figures_of(latencies: Sequence[float], *, seconds: float, errors: int, command: str) -> Figures:
    """From the milliseconds of each request."""
    ordered = sorted(latencies)
    p50, p95, p99 = (round(percentile(ordered, share), 3) for share in (0.50, 0.95, 0.99))
    return Figures(len(ordered), seconds, p50, p95, p99, errors, command)
