"""SQLite's connections: fewer round trips to their threads, and no other difference."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from quart_app.accounts.users import add_user, user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.database.one_round_trip import OneRoundTripConnection
from quart_app.database.pace import Pace
from quart_app.models.login_session import Kind
from quart_app.models.user import User
from quart_app.sessions.creation import create_session
from quart_app.sessions.lookup import find_user
from tests.app.logged_in import log_in_as_new_user
from tests.app.visitor import PASSWORD, Visitor


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was executed in a connection's thread."""
    round_trips: list[object] = []
    execute = OneRoundTripConnection._execute

    async def count(connection: OneRoundTripConnection, function: Any, *args: Any, **options: Any) -> Any:
        round_trips.append(function)
        return await execute(connection, function, *args, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(OneRoundTripConnection, "_execute", count)
    return round_trips


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_page_is_at_most_one_round_trip(
    visitor: Visitor, round_trips: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user of a page is loaded without a round trip to a thread while that is quick, and otherwise in one."""
    await log_in_as_new_user(visitor, remember=False)
    for is_quick in (True, False):
        monkeypatch.setattr(Pace, "is_quick", is_quick)
        round_trips.clear()
        assert (await visitor.get("/index")).status == 200
        assert len(round_trips) == (0 if is_quick else 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_statement_of_its_own_is_one_round_trip(app: Application, round_trips: list[object]) -> None:
    """It is executed and committed in one, and a statement that fails is rolled back."""
    database = current_database.of(app)
    john = {"username": "john", "username_key": "john", "email": "j", "email_key": "j", "is_active": True}
    await database.execute(insert(User).values(john))
    round_trips.clear()
    rows = await database.execute(update(User).values(is_active=False).returning(User.username))
    assert (len(rows), len(round_trips)) == (1, 1)
    with pytest.raises(IntegrityError):
        await database.execute(insert(User).values([{**john, "username_key": "jim", "email_key": "k"}, john]))
    async with database.session() as session:
        users = (await session.execute(select(User.username, User.is_active))).all()
    assert [tuple(user) for user in users] == [("john", False)]


async def test_user_is_as_a_session_gives_it(app: Application) -> None:
    """A user found without a session has every column, with the same values and types."""
    async with app.app_context():
        user = await add_user(username="susan", email="susan@example.com", password=PASSWORD)
        row = await create_session(user, kind=Kind.REMEMBERED, client="Firefox", address="192.0.2.1")
        assert row is not None
        assert row.handle is not None
        found = await find_user(row.handle)
        expected = await user_by_login("susan")
        assert found is not None
        assert found.login_session is not None
        for one, other in ((found, expected), (found.login_session, row)):
            for column in type(one).__mapper__.columns.keys():  # noqa: SIM118 - it is not a dict's
                assert repr(getattr(one, column)) == repr(getattr(other, column))


async def test_cancelled_at_any_moment(app: Application, subtests: pytest.Subtests) -> None:
    """A cancelled request leaves no transaction open and keeps no connection, and the next one can write."""

    async def register(name: str) -> None:
        async with app.app_context():
            await add_user(username=name, email=f"{name}@example.com", password=PASSWORD)

    async def users() -> int:
        async with current_database.of(app).session() as session:
            return await session.scalar(select(func.count(User.id))) or 0

    for steps in range(0, 24, 2):
        with subtests.test(steps=steps):
            before = await users()
            task = asyncio.create_task(register(f"susan{steps}"))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await register(f"john{steps}")
            assert await users() - before in (1, 2)


async def test_cancelled_load(app: Application) -> None:
    """A cancelled load returns its connection."""
    async with app.app_context():
        user = await add_user(username="susan", email="susan@example.com", password=PASSWORD)
        row = await create_session(user, kind=Kind.SESSION, client="Firefox", address="192.0.2.1")
        assert row is not None
        assert row.handle is not None
        for steps in range(60):
            task = asyncio.create_task(find_user(row.handle))
            for _ in range(steps % 6):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert await asyncio.gather(*(find_user(row.handle) for _ in range(20))) == [user] * 20


class SlowCommit(sqlite3.Connection):
    """A connection whose commits go on until they are let go, after their transaction is over."""

    begun, may_end = threading.Event(), threading.Event()

    def commit(self) -> None:
        super().commit()
        self.begun.set()
        assert self.may_end.wait(30)


async def test_no_look_up_beside_a_cancelled_commit() -> None:
    """A cancelled commit that its thread still makes is awaited before the connection is used in another thread."""
    connection = OneRoundTripConnection(":memory:", busy_timeout=0, pragmas=(), pace=Pace(), factory=SlowCommit)
    _ = await connection
    await connection.run("execute", "CREATE TABLE one (id INTEGER)", ())
    await connection.run("execute", "INSERT INTO one VALUES (1)", ())
    committing = asyncio.create_task(connection.commit())
    assert await asyncio.to_thread(SlowCommit.begun.wait, 30)
    committing.cancel()
    await asyncio.wait({committing})
    assert not connection.in_transaction
    rolling_back = asyncio.create_task(connection.rollback())
    connection.looks_up_next = True
    looking_up = asyncio.create_task(connection.run("execute", "SELECT id FROM one", ()))
    await asyncio.sleep(0.05)
    assert not rolling_back.done()
    assert not looking_up.done()
    SlowCommit.may_end.set()
    await rolling_back
    rows: list[tuple[int]] = (await looking_up).rows
    assert rows == [(1,)]
    await connection.close()


def test_a_failed_connection_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a database cannot be opened, its thread has ended when the error is raised."""
    close = OneRoundTripConnection._close_file
    fallen: list[object] = []

    def close_slowly(connection: OneRoundTripConnection) -> None:
        time.sleep(0.05)
        close(connection)

    async def connect() -> None:
        _ = await OneRoundTripConnection(tmp_path / "nowhere" / "one.sqlite3", busy_timeout=0, pragmas=())

    monkeypatch.setattr(OneRoundTripConnection, "_close_file", close_slowly)
    monkeypatch.setattr(threading, "excepthook", fallen.append)
    with pytest.raises(sqlite3.OperationalError):
        asyncio.run(connect())
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "_connection_worker_thread" in thread.name:
            thread.join(5)
    assert fallen == []
