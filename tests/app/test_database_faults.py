"""Faults of a real PostgreSQL: users get 503 soon and stay logged in, or notice nothing.

The limits are of the time that passes outside, so they are generous; with ``CHECKS=full``, which is for a machine
that does nothing else, they are those that docs/security.md names.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # 0.32 has no types
import pytest
from pydantic import SecretStr
from sqlalchemy import Integer, String, case, func, literal, select, text
from sqlalchemy.exc import DBAPIError

from benchmarks.services.postgresql import Cluster
from quart_app import waiting_time
from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, KeyQuery, current_database
from quart_app.models.user import User
from quart_app.settings import Settings
from tests.app.logged_in import log_in_as_new_user
from tests.app.tab import open_tab, refusal
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.hosts import at, host

pytestmark = pytest.mark.services

POOL_SIZE = 8
SOON = 10.0  # seconds; about three are seen when nothing else runs


@pytest.fixture(autouse=True)
def long_postgresql_timeouts() -> None:
    """The real timeouts, because these tests are about them."""


@pytest.fixture
def database_name(stoppable_postgresql: Cluster) -> Iterator[str]:
    """A database on that server, which runs again after each test."""
    name = stoppable_postgresql.create_database()
    yield name
    stoppable_postgresql.stop()
    stoppable_postgresql.start()
    stoppable_postgresql.drop_database(name)


@pytest.fixture
def settings(stoppable_postgresql: Cluster, database_name: str, tmp_path: Path) -> Settings:
    """An application with a small pool."""
    return Settings(
        instance_path=tmp_path,
        database_url=SecretStr(stoppable_postgresql.url(database_name)),
        database_pool_size=POOL_SIZE,
        password_method="pbkdf2:sha256:1",
        send_mails=False,  # tests close the database, when nothing else may use it
    )


@pytest.fixture
async def other(stoppable_postgresql: Cluster, database_name: str) -> AsyncIterator[asyncpg.Connection]:
    """Another client of the same database."""
    connection = await asyncpg.connect(stoppable_postgresql.url(database_name))
    yield connection
    connection.terminate()


async def assert_unavailable(user: Visitor, *, within: float = SOON) -> None:
    """Requests that need the user get 503 without a cookie, and websockets are refused; others are answered."""
    start = time.monotonic()
    page, handshake = await asyncio.gather(user.get("/index"), refusal(user))
    assert (page.status, page.headers.get("Retry-After"), page.cookies) == (503, "1", {})
    assert handshake == 503
    assert time.monotonic() - start < (within if os.environ.get("CHECKS") == "full" else SOON)

    stranger = Visitor(user.app)
    start = time.monotonic()
    assert (await stranger.get("/login")).status == 200
    assert time.monotonic() - start < (1 if os.environ.get("CHECKS") == "full" else SOON)


async def on_all_connections(user: Visitor) -> list[int]:
    """The statuses of as many concurrent requests as there are connections."""
    pages = await asyncio.gather(*(user.get("/account") for _ in range(POOL_SIZE)))
    return [page.status for page in pages]


async def test_stopped(user: Visitor, stoppable_postgresql: Cluster) -> None:
    """The server is stopped."""
    stoppable_postgresql.stop(signal.SIGQUIT)
    await assert_unavailable(user, within=1)
    stoppable_postgresql.start()
    assert await user.is_in()


async def test_stopped_under_a_websocket(
    user: Visitor, stoppable_postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the server is stopped an open websocket is closed with 1013; afterwards it can be opened again."""
    for name in ("_CHECK_INTERVAL", "_CHECK_TIMEOUT", "_RETRY_INTERVAL"):
        monkeypatch.setattr(f"quart_app.live.watch.{name}", 0.1)
    async with open_tab(user) as tab:
        assert await tab.names() == ["susan"]
        stoppable_postgresql.stop(signal.SIGQUIT)
        async with asyncio.timeout(4 * SOON):
            assert await tab.until_closed() == 1013
        assert await refusal(user) == 503
        stoppable_postgresql.start()
    async with open_tab(user) as tab:
        assert await tab.names() == ["susan"]


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGINT])
async def test_restarted(user: Visitor, stoppable_postgresql: Cluster, how: signal.Signals) -> None:
    """After a restart between two requests, broken connections are replaced and no request fails."""
    stoppable_postgresql.stop(how)
    stoppable_postgresql.start()
    assert await user.is_in()


async def test_connections_ended(user: Visitor, stoppable_postgresql: Cluster, database_name: str) -> None:
    """The same holds after an administrator or a proxy has ended all connections."""
    assert await on_all_connections(user) == [200] * POOL_SIZE
    ours = f"datname = '{database_name}' AND pid <> pg_backend_pid()"
    stoppable_postgresql.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")  # noqa: S608
    assert await on_all_connections(user) == [200] * POOL_SIZE


async def test_connection_ends_in_the_middle(app: Application, other: asyncpg.Connection) -> None:
    """A query whose connection ends is repeated once; a statement that may change something is not."""
    await other.execute("CREATE SEQUENCE times")
    ending = case((func.nextval("times") % 2 == 1, func.pg_terminate_backend(func.pg_backend_pid())), else_=None)
    await Visitor(app).register()
    columns = User.__table__.c
    user_by_name = KeyQuery(select(columns.username, ending), key=columns.username)
    assert await current_database.of(app).load(user_by_name, "susan") == ("susan", None)
    with pytest.raises(DatabaseUnavailable):
        async with current_database.of(app).session() as session:
            await session.scalar(select(ending))


@pytest.mark.parametrize("pooled", [True, False])
async def test_frozen(user: Visitor, app: Application, stoppable_postgresql: Cluster, pooled: bool) -> None:
    """The server accepts connections and answers nothing, on old and on new connections."""
    if not pooled:
        await current_database.of(app).close()
    stoppable_postgresql.freeze()
    await assert_unavailable(user)
    start = time.monotonic()
    pages = await asyncio.gather(*(user.get("/index") for _ in range(2 * POOL_SIZE)))
    assert {page.status for page in pages} == {503}
    assert time.monotonic() - start < SOON
    stoppable_postgresql.thaw()
    assert await user.is_in()


async def test_locked(user: Visitor, other: asyncpg.Connection) -> None:
    """Another client has locked the table of users."""
    async with other.transaction():
        await other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        await assert_unavailable(user, within=2.5)
    assert await user.is_in()


async def test_slow(user: Visitor, other: asyncpg.Connection) -> None:
    """Queries of the table of users take longer than the timeout."""
    await other.execute("ALTER TABLE users RENAME TO people")
    await other.execute("CREATE VIEW users AS SELECT people.* FROM people, pg_sleep(30)")
    await assert_unavailable(user, within=2.5)
    await other.execute("DROP VIEW users")
    await other.execute("ALTER TABLE people RENAME TO users")
    assert await user.is_in()


async def test_pool_exhausted(user: Visitor, app: Application) -> None:
    """Pages know their user until the last connection is taken, the one for loading users; then they are 503."""
    async with AsyncExitStack() as stack:
        for _ in range(POOL_SIZE):
            await stack.enter_async_context(current_database.of(app).session())
        assert (await user.get("/index")).status == 200
        await stack.enter_async_context(current_database.of(app)._connections_limiter)
        await assert_unavailable(user, within=1.5)
    assert await user.is_in()


async def test_server_full(user: Visitor, app: Application, stoppable_postgresql: Cluster, database_name: str) -> None:
    """Other clients hold all connections of the server."""
    await current_database.of(app).close()
    others = await take_all_connections(stoppable_postgresql.url(database_name))
    await assert_unavailable(user)
    for connection in others:
        await connection.close()
    assert await user.is_in()


async def test_more_workers_than_the_server_takes(
    settings: Settings, stoppable_postgresql: Cluster, database_name: str
) -> None:
    """Workers whose pools together exceed the server's limit get 503, and recover when connections are free."""
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(host(settings)) for _ in range(3)]
        user = Visitor(workers[0])
        await log_in_as_new_user(user, remember=False)
        async with AsyncExitStack() as work:
            for worker in workers:
                for _ in range(POOL_SIZE - 2):
                    session = await work.enter_async_context(current_database.of(worker).session())
                    await session.execute(text("SELECT 1"))
            others = await take_all_connections(stoppable_postgresql.url(database_name))
            pages = await asyncio.gather(*(at(worker, user).get("/index") for worker in workers))
            assert [(page.status, page.cookies) for page in pages] == [(503, {})] * len(workers)
        for connection in others:
            await connection.close()
        pages = await asyncio.gather(*(at(worker, user).get("/index") for worker in workers for _ in range(2)))
        assert {page.status for page in pages} == {200}


async def take_all_connections(url: str) -> list[asyncpg.Connection]:
    """Open all connections that the server has left."""
    taken = []
    try:
        while True:
            taken.append(await asyncpg.connect(url))
    except asyncpg.TooManyConnectionsError:
        return taken


async def test_tables_changed_meanwhile(user: Visitor, other: asyncpg.Connection) -> None:
    """A statement that was prepared before a migration fails once, with 503, and then works."""
    assert await on_all_connections(user) == [200] * POOL_SIZE
    for _ in range(POOL_SIZE + 1):  # connections are used in turn: all of them have prepared it
        assert (await user.get("/index")).status == 200
    await other.execute("ALTER TABLE users ALTER username TYPE text")
    page = await user.get("/index")
    assert (page.status, "Retry-After" in page.headers, page.cookies) == (503, True, {})
    assert await user.is_in()


@pytest.mark.parametrize(
    "wrong", [literal("\0", String), literal("\ud800", String), literal(2**40, Integer), 1 / literal(0)]
)
async def test_values_that_cannot_be(app: Application, wrong: object) -> None:
    """A value that PostgreSQL or asyncpg rejects is not a fault of the database."""
    with pytest.raises(DBAPIError):
        async with current_database.of(app).session() as session:
            await session.scalar(select(wrong))  # type: ignore[call-overload]  # any expression
    with pytest.raises(DatabaseUnavailable):
        async with current_database.of(app).session():
            raise TimeoutError


async def test_a_request_that_has_waited_before(
    user: Visitor, stoppable_postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request with little of its waiting time left does not wait for the timeouts of the server or of asyncpg.

    Nor for the rollback of what it gives up.
    """
    stranger = Visitor(user.app)
    token = (await stranger.get("/login")).token
    monkeypatch.setattr(waiting_time, "WAITING_TIME", 0.3)
    stoppable_postgresql.freeze()
    for _ in range(2):
        start = time.monotonic()
        page = await stranger.post("/login", {"csrf_token": token, "username": "susan", "password": PASSWORD})
        assert (page.status, page.headers.get("Retry-After")) == (503, "1")
        assert time.monotonic() - start < SOON  # the timeouts of these tests are 20
    stoppable_postgresql.thaw()
