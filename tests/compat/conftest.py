"""What the tests of this folder share."""

import time
from datetime import timedelta

import pytest

from .site import Kind, Site


class Clock:
    """The time of day, which only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def shift(self, by: timedelta | float) -> None:
        """Move the clock, by a timedelta or by seconds."""
        self.now += by.total_seconds() if isinstance(by, timedelta) else by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that everything here reads."""
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture(params=["async", "sync"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """How callbacks are written: the test runs for both."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def site() -> Site:
    """The small application, with an async user loader."""
    return Site()
