"""Look-ups without a round trip: only while they are quick."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from quart_app.accounts.users import add_user
from quart_app.application import Application
from quart_app.database import pace
from quart_app.database.one_round_trip import OneRoundTripConnection
from quart_app.database.pace import PAUSE, SLOW, SLOW_IN_A_ROW, Pace
from quart_app.models.login_session import Kind
from quart_app.sessions.creation import create_session
from quart_app.sessions.ending import end_sessions
from quart_app.sessions.lookup import find_user
from tests.app.visitor import PASSWORD


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in one cell."""
    now = [1000.0]
    monkeypatch.setattr(pace, "monotonic", lambda: now[0])
    return now


def test_slow_look_ups_pause(clock: list[float]) -> None:
    """After some slow ones in a row the thread is used for a while; then one is tried, and one quick one is enough."""
    own, seen = Pace(), []
    for _ in range(SLOW_IN_A_ROW):
        seen.append(own.is_quick)
        own.note(SLOW)
    seen.append(own.is_quick)
    clock[0] += PAUSE
    seen.append(own.is_quick)
    own.note(SLOW)
    seen.append(own.is_quick)
    clock[0] += PAUSE
    own.note(SLOW / 2)
    for _ in range(SLOW_IN_A_ROW - 1):
        own.note(SLOW)
    seen.append(own.is_quick)
    assert seen == [True] * SLOW_IN_A_ROW + [False, True, False, True]


def test_single_slow_look_ups_do_not_count(clock: list[float]) -> None:
    """Slow ones between quick ones, as on a busy machine, change nothing."""
    own = Pace()
    for _ in range(10):
        own.note(SLOW * 5)
        own.note(SLOW / 5)
    assert own.is_quick


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_slow_file_does_not_hold_up_the_loop(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """While look-ups are slow they run in the thread, with the same results: a login that has ended is not found."""
    in_thread: list[object] = []
    execute = OneRoundTripConnection._execute

    async def count(connection: OneRoundTripConnection, function: Any, *args: Any, **options: Any) -> Any:
        in_thread.append(function)
        return await execute(connection, function, *args, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(OneRoundTripConnection, "_execute", count)
    async with app.app_context():
        susan = await add_user(username="susan", email="susan@example.com", password=PASSWORD)
        row = await create_session(susan, kind=Kind.SESSION, client="Firefox", address="")
        assert row is not None and row.handle is not None  # noqa: PT018 - for the type checker
        for is_quick, round_trips in ((True, 0), (False, 1)):
            monkeypatch.setattr(Pace, "is_quick", is_quick)
            in_thread.clear()
            assert await find_user(row.handle) == susan
            assert len(in_thread) == round_trips
        await end_sessions(susan.id)
        for is_quick in (True, False):
            monkeypatch.setattr(Pace, "is_quick", is_quick)
            assert await find_user(row.handle) is None


async def test_a_locked_file_does_not_hold_up_the_loop(tmp_path: Path) -> None:
    """A look-up of a file that another process has locked waits for it in the thread, and then finds the row."""
    path = tmp_path / "locked.sqlite3"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE numbers (number INTEGER)")
    other.execute("INSERT INTO numbers VALUES (47)")
    connection = OneRoundTripConnection(path, busy_timeout=10_000, pragmas=(), pace=Pace())
    async with connection:
        other.execute("BEGIN EXCLUSIVE")
        connection.looks_up_next = True
        looking_up = asyncio.create_task(connection.run("execute", "SELECT number FROM numbers", ()))
        await asyncio.sleep(0)  # it has begun, and would hold up this test here
        assert not looking_up.done()
        other.rollback()
        assert (await looking_up).rows == [(47,)]
    other.close()
