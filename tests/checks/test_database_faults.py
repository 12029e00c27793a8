"""What happens to a real PostgreSQL: 503 for a while, and nobody is logged out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # 0.32 has no types
import pytest
from pydantic import SecretStr
from quart import session

from benchmarks.services.postgresql import Cluster
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.settings import Settings
from tests.app.visitor import Visitor
from tests.checks.tally import Tally

SOON = 5.0 if os.environ.get("CHECKS") == "full" else 10.0  # seconds that anybody waits
SETTLED = 3.0  # seconds after the restart; a few hundredths are seen
POOL_SIZE = 5


@pytest.fixture
def database_url(stoppable_postgresql: Cluster) -> str:
    """A database on it."""
    return stoppable_postgresql.url(stoppable_postgresql.create_database())


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A pool that can be filled."""
    return Settings(
        instance_path=tmp_path,
        database_url=SecretStr(database_url),
        database_pool_size=POOL_SIZE,
        password_method="pbkdf2:sha256:1",
        upgrade_at_start=True,
        send_mails=False,
    )


@pytest.fixture
async def users(app: Application) -> list[Visitor]:
    """Susan with four browsers: by a session, by a remember cookie, and by both, twice."""
    await Visitor(app).register()
    browsers = [Visitor(app) for _ in range(4)]
    for browser in browsers:
        await browser.login(remember=True)
    return [browsers[0].copy("session"), browsers[1].copy("remember_token"), *browsers[2:]]


@asynccontextmanager
async def down(_app: Application, server: Cluster, _url: str) -> AsyncIterator[None]:
    """As when the machine is switched off."""
    server.stop(signal.SIGQUIT)
    yield
    server.start()


@asynccontextmanager
async def frozen(_app: Application, server: Cluster, _url: str) -> AsyncIterator[None]:
    """It takes everything and answers nothing."""
    server.freeze()
    yield
    server.thaw()


@asynccontextmanager
async def locked(_app: Application, _server: Cluster, url: str) -> AsyncIterator[None]:
    """Somebody changes the tables."""
    other = await asyncpg.connect(url)
    async with other.transaction():
        await other.execute("LOCK TABLE users, login_sessions IN ACCESS EXCLUSIVE MODE")
        yield
    await other.close()


@asynccontextmanager
async def pool_empty(app: Application, _server: Cluster, _url: str) -> AsyncIterator[None]:
    """All our connections are taken."""
    async with AsyncExitStack() as stack:
        for _ in range(POOL_SIZE):
            await stack.enter_async_context(current_database.of(app).session())
        await stack.enter_async_context(current_database.of(app)._connections_limiter)  # that of the data loader
        yield


@asynccontextmanager
async def server_full(app: Application, _server: Cluster, url: str) -> AsyncIterator[None]:
    """All connections of the server are others'."""
    await current_database.of(app).close()
    taken = []
    try:
        while True:
            taken.append(await asyncpg.connect(url))
    except asyncpg.TooManyConnectionsError:
        yield
    for connection in taken:
        await connection.close()


FAULTS: list[Callable[[Application, Cluster, str], Any]] = [down, frozen, locked, pool_empty, server_full]


@pytest.mark.check(6)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_faults(
    app: Application,
    users: list[Visitor],
    stoppable_postgresql: Cluster,
    database_url: str,
    tally: Tally,
    fault: Callable[[Application, Cluster, str], Any],
) -> None:
    """Users get 503 soon, with the time to come back and no cookie; strangers their pages; then all is as before.

    No cookie is set for a view that had written to the session before it met the fault, either.
    """

    @app.get("/writes")
    async def write_and_ask() -> str:
        session["seen"] = True
        await user_by_login("susan")
        return ""

    async with fault(app, stoppable_postgresql, database_url):
        everybody = [(user, path) for user in users for path in ("/index", "/api/v1/me")]
        start = monotonic()
        async with asyncio.timeout(10 * SOON):  # rather than wait for ever
            *pages, writing, login = await asyncio.gather(
                *(user.get(path) for user, path in everybody), Visitor(app).get("/writes"), Visitor(app).get("/login")
            )
        took = monotonic() - start
        tally.count(login.status == 200, "the login page")
        told = (writing.status, "Retry-After" in writing.headers, writing.cookies)
        tally.count(told == (503, True, {}), f"a view that writes to the session: {told}")
        for page, (user, path) in zip(pages, everybody, strict=True):
            told = (page.status, "Retry-After" in page.headers, page.cookies)
            tally.count(told == (503, True, {}), f"user {users.index(user)} {path}: {told}")
        tally.count(took < SOON, f"somebody waited for {took:.1f} s")
    for number, user in enumerate(users):
        tally.count(await user.is_in(), f"user {number} afterwards")
    tally.note(f"at most {took:.2f} s")


@pytest.mark.check(12)
async def test_restart_under_load(
    app: Application, users: list[Visitor], stoppable_postgresql: Cluster, tally: Tally
) -> None:
    """While PostgreSQL restarts some requests fail; soon after none does, and nobody has been logged out."""
    answers: list[tuple[float, int, bool]] = []
    is_over = asyncio.Event()

    async def use(user: Visitor) -> None:
        while not is_over.is_set():
            page = await user.get("/index")
            answers.append((monotonic(), page.status, bool(page.cookies) and page.status != 200))
            await asyncio.sleep(0.005)

    load = [asyncio.create_task(use(user)) for user in users]
    await until(lambda: len(answers) > 100)
    await asyncio.to_thread(stoppable_postgresql.stop, signal.SIGINT)
    await until(lambda: any(status == 503 for _, status, _ in answers))
    await asyncio.to_thread(stoppable_postgresql.start)
    up_at = monotonic()
    seen = len(answers)
    await until(lambda: monotonic() - up_at > SETTLED and len(answers) > seen + 400)
    is_over.set()
    await asyncio.gather(*load)

    late = [at - up_at for at, status, _ in answers if status != 200 and at > up_at]
    tally.count(max(late, default=0.0) < SETTLED, f"failures {late} s after it was up")
    statuses = Counter(status for _, status, _ in answers)
    tally.count(set(statuses) <= {200, 503}, statuses)
    tally.count(not any(cookie for _, _, cookie in answers), "a cookie with a failure")
    for number, user in enumerate(users):
        tally.count(await user.is_in(), f"user {number} afterwards")
    tally.note(f"{dict(statuses)}, the last failure {max(late, default=0.0):.2f} s after it was up")


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.02)
