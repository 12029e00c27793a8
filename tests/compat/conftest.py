"""Fixtures of this folder."""

import time
from datetime import timedelta

import pytest

from .site import Kind, Site


class Clock:
    """A clock that moves only by :meth:`shift`."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def shift(self, by: timedelta | float) -> None:
        """Move the clock, by a timedelta or by seconds."""
        self.now += by.total_seconds() if isinstance(by, timedelta) else by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all code under test."""
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture(params=["async", "sync"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of the callbacks, sync or async: the test runs with both."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def site() -> Site:
    """The small application, with an async user loader."""
    return Site()
