"""Fixtures that tests of several folders share: servers that are started, users, and programs that use the API.

Servers are started once and emptied for each test. The users are all susan; what tells them apart is how they are
logged in. Each is at the application ``app`` of the folder that asks, and goes by ``clock`` where a test uses that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from quart import Quart
from quart.testing.app import TestApp

from benchmarks.services import postgresql, redis
from benchmarks.services.postgresql import Cluster
from quart_app.application import Application
from tests.app.logged_in import add_new_user, log_in_as_new_user
from tests.app.program import Program, with_token
from tests.app.visitor import Visitor
from tests.services.needed import needed

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

OTHER_SITES = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.test"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]
"""The headers with which a browser says that another site has sent a request."""


@pytest.fixture(scope="session", autouse=True)
def long_start_and_stop() -> Iterator[None]:
    """A long time for the start and the stop of applications, because the machine is busy with other tests.

    Quart's own is six seconds.
    """
    test_app_class = staticmethod(partial(TestApp, startup_timeout=60, shutdown_timeout=60))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Quart, "test_app_class", test_app_class)
        yield


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests; one that a test may stop or freeze is ``stoppable_postgresql``."""
    program = needed(postgresql.find_postgresql(), postgresql.HOW_TO_GET_IT)
    with postgresql.run_postgresql(program) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def stoppable_postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server of the module's own, with 20 connections, which its tests may stop, freeze and fill."""
    program = needed(postgresql.find_postgresql(), postgresql.HOW_TO_GET_IT)
    with postgresql.run_postgresql(program, max_connections="20") as cluster:
        yield cluster


@pytest.fixture
def postgresql_url(postgresql_cluster: Cluster) -> Iterator[str]:
    """A PostgreSQL database of the test's own, without tables."""
    name = postgresql_cluster.create_database()
    yield postgresql_cluster.url(name)
    postgresql_cluster.drop_database(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Redis server for all tests."""
    program = needed(redis.find_redis(), redis.HOW_TO_GET_IT)
    with redis.run_redis(program) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """Database 0 of an empty Redis."""
    redis.empty_redis(redis_server)
    return f"{redis_server}/0"


# Only what drives a browser imports Playwright, which takes a fifth of a second. One Chromium is for all tests of a
# process, as each takes a second of CPU time to start: they, and their async fixtures, share the loop of the session.


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    from tests.browser.chromium import HOW_TO_GET_IT, find_chromium

    return needed(find_chromium(), HOW_TO_GET_IT)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """What opens browsers, for all tests."""
    from tests.browser.chromium import start_playwright

    async with start_playwright() as playwright:
        yield playwright


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser_of_all(playwright: Playwright, chromium: str) -> AsyncIterator[Browser]:
    """The browser of all tests, for fixtures that more than one of them shares."""
    from tests.browser.chromium import NAMES_HERE, open_browser

    async with open_browser(playwright, chromium, NAMES_HERE) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def browser(browser_of_all: Browser) -> AsyncIterator[Browser]:
    """A browser without a profile: each of its contexts is another user's, and ends with the test."""
    yield browser_of_all
    for context in browser_of_all.contexts:
        await context.close()


@pytest.fixture
async def user(visitor: Visitor) -> Visitor:
    """A user with a browser, logged in and remembered: it has both cookies."""
    await log_in_as_new_user(visitor, remember=True)
    return visitor


@pytest.fixture
async def session_user(visitor: Visitor) -> Visitor:
    """A user with a browser, logged in and not remembered: it has a session cookie only."""
    await log_in_as_new_user(visitor, remember=False)
    return visitor


@pytest.fixture
def program(app: Application) -> Program:
    """A program that uses the API and has no credentials."""
    return Program(app)


@pytest.fixture
async def api_user(program: Program) -> Program:
    """A program logged in through the API by a session cookie."""
    await add_new_user(program.app)
    assert (await program.log_in()).status == 201
    return program


@pytest.fixture
async def remembered_api_user(program: Program) -> Program:
    """A program logged in through the API by a session cookie and a remember cookie."""
    await add_new_user(program.app)
    assert (await program.log_in(kind="remembered")).status == 201
    return program


@pytest.fixture
async def bearer_program(app: Application) -> Program:
    """A program that has a bearer token and no cookie."""
    await add_new_user(app)
    return await with_token(app)
