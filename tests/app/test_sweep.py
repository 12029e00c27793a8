"""The sweep of expired login sessions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock as app_clock
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.models.login_session import Kind, LoginSession
from quart_app.models.mail_token import MailToken
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from quart_app.sessions.limits import current_limits
from quart_app.sessions.sweep import sweep_sessions
from quart_app.settings import Settings
from tests.app.logged_in import add_new_user
from tests.app.mailbox import sent_mails

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Limits that differ from each other."""
    return settings.model_copy(
        update={
            "session_idle": HOUR,
            "session_absolute": 3 * HOUR,
            "bearer_duration": 4 * HOUR,
            "remember_cookie_duration": 48 * HOUR,
        }
    )


@pytest.fixture
async def app(app: Application) -> AsyncIterator[Application]:
    """An application in whose context the test runs, with susan registered."""
    await add_new_user(app)
    async with app.app_context():
        yield app


async def add_login(kind: Kind, *, proved: timedelta, seen: timedelta, app: Application) -> None:
    """Add a login of susan with these times."""
    row = LoginSession(user_id=1, kind=kind, client="", address="")
    row.created_at = row.proved_at = app_clock.now() - proved
    row.last_seen_at = app_clock.now() - seen
    async with current_database.of(app).session() as session:
        session.add(row)
        await session.commit()


async def add_old_logins(app: Application, number: int) -> None:
    """Add this many expired logins with the same times."""
    for _ in range(number):
        await add_login(Kind.REMEMBERED, proved=49 * HOUR, seen=49 * HOUR, app=app)


async def rows(app: Application) -> list[LoginSession]:
    """All rows of login sessions."""
    async with current_database.of(app).session() as session:
        return list((await session.scalars(select(LoginSession).order_by(LoginSession.id))).all())


@pytest.mark.parametrize("batch", [1, 2, 1000])
@pytest.mark.usefixtures("clock")
async def test_expired_sessions_are_removed(app: Application, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Expired sessions of each kind are removed, in batches, and no others."""
    monkeypatch.setattr("quart_app.sessions.sweep._BATCH", batch)
    monkeypatch.setattr("quart_app.sessions.sweep._PAUSE", 0)
    for kind, longest in ((Kind.SESSION, 3 * HOUR), (Kind.BEARER, 4 * HOUR), (Kind.REMEMBERED, 48 * HOUR)):
        for proved in (longest, longest + SECOND, longest + SECOND):
            for seen in (HOUR, HOUR + SECOND):
                await add_login(kind, proved=proved, seen=seen, app=app)
        await add_login(kind, proved=HOUR, seen=HOUR, app=app)
    now, limits = app_clock.now(), current_limits()
    before = await rows(app)
    going_on = [row.id for row in before if not limits.is_expired(row, now)]

    assert await sweep_sessions() == len(before) - len(going_on) == 14

    assert [row.id for row in await rows(app)] == going_on
    assert await sweep_sessions() == 0


async def test_at_once(app: Application, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Concurrent sweeps remove each row once, and none fails."""
    monkeypatch.setattr("quart_app.sessions.sweep._BATCH", 3)
    monkeypatch.setattr("quart_app.sessions.sweep._PAUSE", 0)
    await add_old_logins(app, 30)

    async def sweep_elsewhere() -> int:
        other = create_app(settings)
        async with other.app_context():
            swept = await sweep_sessions()
        await current_database.of(other).close()
        return swept

    assert sum(await asyncio.gather(*(sweep_elsewhere() for _ in range(4)))) == 30
    assert await rows(app) == []


async def test_a_login_that_is_being_renewed_stays(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that is renewed during the sweep stays."""
    await add_old_logins(app, 2)
    execute = AsyncSession.execute

    async def renew_first(session: AsyncSession, query: Any, *arguments: Any, **options: Any) -> Any:
        if query.is_delete:
            monkeypatch.undo()
            async with current_database.of(app).session() as other:
                await other.execute(text("UPDATE login_sessions SET proved_at = CURRENT_TIMESTAMP WHERE id = 1"))
                await other.commit()
        return await execute(session, query, *arguments, **options)

    monkeypatch.setattr(AsyncSession, "execute", renew_first)
    assert await sweep_sessions() == 1
    assert [row.id for row in await rows(app)] == [1]


async def test_by_the_index(app: Application) -> None:
    """The sweep uses the index instead of reading all rows."""
    asked: list[tuple[str, Any]] = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", remember)
    await sweep_sessions()
    event.remove(Engine, "before_cursor_execute", remember)
    assert len(asked) == len(Kind)
    async with current_database.of(app).session() as session:
        connection = await session.connection()
        explain = "EXPLAIN QUERY PLAN"
        if connection.dialect.name == "postgresql":
            for other_way in ("seqscan", "bitmapscan", "sort"):  # which may be quicker for no rows
                await connection.exec_driver_sql(f"SET LOCAL enable_{other_way} = off")
            explain = "EXPLAIN"
        for statement, parameters in asked:
            plan = str((await connection.exec_driver_sql(f"{explain} {statement}", parameters)).all())
            assert "ix_login_sessions_kind_proved_at_id" in plan
            assert "TEMP B-TREE" not in plan  # nor sorted
            assert "Sort" not in plan


# --- beside a server


@pytest.fixture
def without_rest(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that sweeps at its start, and again without a pause."""
    monkeypatch.setattr("quart_app.sessions.sweep._INTERVAL", 0)


async def until_swept(app: Application) -> None:
    """Wait until no expired session is left."""
    async with asyncio.timeout(60):
        while await rows(app):  # noqa: ASYNC110 - it is the database that is waited for
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("without_rest")
async def test_a_server_sweeps(app: Application, settings: Settings) -> None:
    """A server sweeps while it serves, tokens of mails and old mails as well, and leaves no task at its end."""
    await add_old_logins(app, 2)
    assert await sent_mails(app)
    async with current_database.of(app).session() as session:
        await session.execute(update(MailToken).values(expires_at=app_clock.now()))
        mail = OutgoingMail(MailKind.SET_PASSWORD, "susan@example.com", root_url="https://example.com/")
        mail.created_at, mail.next_attempt_at = app_clock.now() - timedelta(days=31), None
        session.add(mail)
        await session.commit()
    before = asyncio.all_tasks()
    server = create_app(settings)
    async with server.test_app():
        await until_swept(app)
        async with asyncio.timeout(60):
            left = select(MailToken.user_id).union_all(select(OutgoingMail.id))
            while await current_database.of(app).execute(left):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
    assert asyncio.all_tasks() <= before


@pytest.mark.usefixtures("without_rest")
@pytest.mark.parametrize(
    ("kind", "level", "with_traceback"), [(OperationalError, "WARNING", False), (ProgrammingError, "ERROR", True)]
)
async def test_a_sweep_may_fail(
    app: Application,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    kind: type[DBAPIError],
    level: str,
    with_traceback: bool,
) -> None:
    """A failed sweep is logged, a database fault in one line, and the next sweep does its work."""
    await add_old_logins(app, 2)
    server = create_app(settings)
    failures = iter([kind("DELETE", None, Exception("the disk is full"))])

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "DELETE" in statement and (failure := next(failures, None)):
            raise failure

    event.listen(current_database.of(server)._engine.sync_engine, "before_cursor_execute", fail)
    async with server.test_app():
        await until_swept(app)
    (record,) = (record for record in caplog.records if record.levelno >= logging.WARNING)
    assert (record.levelname, record.exc_info is not None) == (level, with_traceback)
    assert "disk is full" in caplog.text
