from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import Visitor


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A real SQLite file, and a hash that costs nothing."""
    return Settings(instance_path=tmp_path, password_method="pbkdf2:sha256:1")


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Application]:
    """An application that has started, as a server starts it."""
    app = create_app(settings)
    async with app.test_app():
        yield app


@pytest.fixture
def visitor(app: Application) -> Visitor:
    """Somebody who has not been here before."""
    return Visitor(app)


class Clock:
    """The time of day, which only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def shift(self, by: timedelta) -> None:
        self.now += by.total_seconds()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that cookies and login sessions go by."""
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """Every statement that is sent to the database."""
    seen: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", remember)
    yield seen
    event.remove(Engine, "before_cursor_execute", remember)
