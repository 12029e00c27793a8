"""What is flat: the median of the last third of the time against that of the second; the first is for warming up."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.load.figures import percentile

#: What a window of latencies is at most, in seconds. A short run has nine.
_WINDOW, _WINDOWS = 60.0, 9

#: A figure in time: seconds from the beginning, and how much.
Series = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Window:
    """What users waited for a while.

    Attributes:
        at: when it began, in seconds.
        requests: how many were answered in it.
        p50, p99: milliseconds.
    """

    at: float
    requests: int
    p50: float
    p99: float


@dataclass(frozen=True)
class Verdict:
    """Whether something stayed as it was.

    Attributes:
        name: what.
        before, after: the medians of the second third and of the last one.
        limit: what *after* may be at most.
    """

    name: str
    before: float
    after: float
    limit: float

    @property
    def is_flat(self) -> bool:
        """Whether it did."""
        return self.after <= self.limit


def judge(name: str, series: Series, *, seconds: float, share: float, slack: float) -> Verdict:
    """Whether a figure has not grown by more than a share of itself, or by the slack, where that is more.

    Raises:
        ValueError: there is nothing in one of the thirds.
    """
    second = [value for at, value in series if seconds / 3 <= at < seconds * 2 / 3]
    last = [value for at, value in series if at >= seconds * 2 / 3]
    if not second or not last:
        raise ValueError(f"{name} was not seen for long enough to be judged.")
    before, after = statistics.median(second), statistics.median(last)
    return Verdict(name, before, after, before + max(before * share, slack))


def windows(waits: Series, *, seconds: float) -> list[Window]:
    """The latencies minute by minute; of a short run, ninth by ninth."""
    length = min(_WINDOW, seconds / _WINDOWS)
    found: dict[int, list[float]] = {}
    for at, wait in waits:
        found.setdefault(int(at / length), []).append(wait)
    return [
        Window(number * length, len(some), percentile(sorted(some), 0.50), percentile(sorted(some), 0.99))
        for number, some in sorted(found.items())
    ]
