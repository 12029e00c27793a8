"""When a login session was last seen."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.sessions.last_seen import write_last_seen
from tests.app.conftest import Clock
from tests.app.login_rows import another, rows, settle
from tests.app.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

SECOND = timedelta(seconds=1)


async def test_last_seen_is_written_once_a_minute(
    user: Visitor, app: Application, clock: Clock, queries: list[str]
) -> None:
    """Last-seen updates are written once a minute, in the background."""
    (before,) = await rows(app)
    clock.shift(timedelta(seconds=59))
    queries.clear()
    assert await user.is_in()
    assert len(queries) == 1
    clock.shift(SECOND)
    assert await user.is_in()
    await settle(app)
    assert len(queries) == 3
    (after,) = await rows(app)
    assert after.last_seen_at - before.last_seen_at == timedelta(minutes=1)


async def test_last_seen_never_goes_back(user: Visitor, app: Application) -> None:
    """A late update does not overwrite a newer one."""
    (row,) = await rows(app)
    seen = row.last_seen_at + timedelta(minutes=5)
    async with app.app_context():
        for moment in (seen, seen + timedelta(seconds=59), seen - timedelta(minutes=3)):
            await write_last_seen([row.id], moment)
    (row,) = await rows(app)
    assert row.last_seen_at == seen


async def test_last_seen_is_written_together(user: Visitor, app: Application, clock: Clock, queries: list[str]) -> None:
    """Updates at the same moment share one statement and one transaction."""
    users = [user, *[await another(app) for _ in range(4)]]
    clock.shift(timedelta(minutes=5))
    queries.clear()
    assert all(await asyncio.gather(*(each.is_in() for each in [*users, *users])))
    await settle(app)
    assert len([query for query in queries if query.startswith("UPDATE")]) == 1
    assert len({row.last_seen_at for row in await rows(app)}) == 1


async def test_last_seen_meanwhile(user: Visitor, app: Application, clock: Clock) -> None:
    """An update during a write is in the next write."""
    other = await another(app)
    clock.shift(timedelta(minutes=5))
    assert await user.is_in()
    assert await other.is_in()
    await settle(app)
    assert len({row.last_seen_at for row in await rows(app)}) == 1


async def test_last_seen_may_fail(
    user: Visitor, app: Application, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """If the update fails, requests are answered, and one line without a traceback is logged."""
    clock.shift(timedelta(hours=1))

    def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE"):
            raise OperationalError(statement, None, Exception("attempt to write a readonly database"))

    engine = current_database.of(app)._engine.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    assert await user.is_in()
    await settle(app)
    event.remove(engine, "before_cursor_execute", refuse)
    (record,) = (record for record in caplog.records if record.levelname == "WARNING")
    assert "readonly database" in record.getMessage()
    assert record.exc_info is None
