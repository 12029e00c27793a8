"""Concurrent registrations, and clients that disconnect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import QueuePool, func, select

from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.database.postgresql import Postgresql
from quart_app.database.sqlite import BUSY_TIMEOUT
from quart_app.models.user import User
from quart_app.operation.metrics import current_metrics
from quart_app.settings import Settings
from tests.app.program import SUSAN, Answer, Program
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally

MANY, DIFFERENT, MOMENTS = 50, 100, 40
ATTEMPTS = 10
LONG_WAIT = min(BUSY_TIMEOUT / 1000, Postgresql.stall_timeout)  # seconds: for SQLite's lock, in the queue of PostgreSQL


async def users(app: Application) -> int:
    """The number of accounts."""
    async with app.app_context(), current_database.of(app).session() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


async def register(app: Application, person: Mapping[str, str]) -> Answer:
    """Register by the API, and again after a 503 that came after a long wait for the database, on a busy machine."""
    for _ in range(ATTEMPTS - 1):
        began = monotonic()
        answer = await Program(app).send("POST", "/users", dict(person))
        if answer.status != 503 or monotonic() - began < LONG_WAIT:
            return answer
    return await Program(app).send("POST", "/users", dict(person))


async def test_no_account_comes_by_itself(app: Application) -> None:
    """Without a registration nobody can log in."""
    assert await users(app) == 0


@pytest.mark.check(18)
async def test_one_name_for_fifty(app: Application, tally: Tally) -> None:
    """Of fifty concurrent registrations of one name one succeeds and 49 report that it is taken."""
    for number in range(3):
        fields = {"username": f"susan{number}", "email": f"susan{number}@example.com", "password": PASSWORD}
        answers = await asyncio.gather(*(register(app, fields) for _ in range(MANY)))
        statuses = [answer.status for answer in answers]
        tally.count(sorted(statuses) == [201] + [409] * (MANY - 1), sorted(statuses))
    tally.count(await users(app) == 3, await users(app))


@pytest.mark.check(18)
async def test_a_hundred_names(app: Application, tally: Tally) -> None:
    """A hundred concurrent registrations of different names succeed."""
    people = [{**SUSAN, "username": f"user{number}", "email": f"u{number}@example.com"} for number in range(DIFFERENT)]
    answers = await asyncio.gather(*(register(app, person) for person in people))
    for answer in answers:
        tally.count(answer.status == 201, answer.status)


@pytest.mark.check(19)
async def test_clients_that_go_away(
    app: Application,
    settings: Settings,
    visitor: Visitor,
    times: int,
    caplog: pytest.LogCaptureFixture,
    tally: Tally,
) -> None:
    """Whenever a client disconnects, its account is complete or absent; no connection leaks, no error is logged."""
    page = await visitor.get("/register")
    cookie = page.cookies["session_data"].value
    gone = times // 2 * MOMENTS
    for number in range(gone):
        form = {
            "csrf_token": page.token,
            "username": f"user{number}",
            "email": f"u{number}@example.com",
            "password": PASSWORD,
            "password2": PASSWORD,
        }
        await hang_up(app, urlencode(form).encode(), cookie, after=number % MOMENTS / 800)
    connections, pool = current_metrics.of(app).database_connections_in_use, current_database.of(app)._engine.pool
    assert isinstance(pool, QueuePool)
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            # A commit that has begun goes on.
            while in_use := connections._value.get() + pool.checkedout():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    tally.count(in_use == 0, f"{in_use} connections still in use")
    errors = [record for record in caplog.records if record.levelno >= logging.WARNING]
    tally.count(not errors, errors)
    registered = await users(app)
    logged_in = 0
    for number in range(gone):
        done = await Visitor(app).login(f"user{number}")
        logged_in += done.location == "/index"
    tally.count(logged_in == registered, f"{registered} users, of whom {logged_in} can log in")
    opened = 0
    with suppress(DatabaseUnavailable):
        async with AsyncExitStack() as sessions:
            while opened < settings.database_pool_size:
                await sessions.enter_async_context(current_database.of(app).session())
                opened += 1
    tally.count(opened == settings.database_pool_size, f"{opened} sessions can be open at once")
    tally.note(f"{registered} of {gone} registered before they were gone")


async def hang_up(app: Application, body: bytes, cookie: str, *, after: float) -> None:
    """Send a registration and disconnect after this many seconds."""
    has_sent = False

    async def receive() -> dict[str, Any]:
        nonlocal has_sent
        if not has_sent:
            has_sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        await asyncio.sleep(after)
        return {"type": "http.disconnect"}

    async def send(_message: dict[str, Any]) -> None:
        """Raise: the client has disconnected."""

    headers = {
        "host": "localhost",
        "user-agent": "Quart",
        "cookie": f"session_data={cookie}",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(len(body)),
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/register",
        "raw_path": b"/register",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "extensions": {},
        "state": {},
    }
    served: Any = app
    await served(scope, receive, send)
