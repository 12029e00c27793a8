"""The data loader: requests that arrive together share one query for their users."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context

import pytest
from sqlalchemy import Engine, event

from quart_app.accounts.users import add_user
from quart_app.application import Application
from quart_app.database import DatabaseUnavailable
from quart_app.database.pace import is_alone
from quart_app.models.login_session import Kind
from quart_app.models.user import User
from quart_app.sessions.creation import create_session
from quart_app.sessions.ending import end_sessions
from quart_app.sessions.lookup import find_user
from tests.app.visitor import PASSWORD


@pytest.fixture(autouse=True)
async def context(app: Application) -> AsyncIterator[None]:
    """The context of the application."""
    async with app.app_context():
        yield


@pytest.fixture
async def susan() -> User:
    """A user."""
    return await add_user(username="susan", email="susan@example.com", password=PASSWORD)


async def log_in(user: User, times: int = 1) -> list[str]:
    """Log in this many times; return the handles."""
    rows = [await create_session(user, kind=Kind.SESSION, client="Firefox", address="") for _ in range(times)]
    return [row.handle for row in rows if row is not None and row.handle is not None]


async def find(handles: Sequence[str]) -> list[str | None]:
    """Look up all these handles at the same time; return the logins found, by handle."""
    users = await asyncio.gather(*(find_user(handle) for handle in handles))
    return [user.login_session.handle if user and user.login_session else None for user in users]


@pytest.mark.parametrize("number", [1, 2, 5, 40])
async def test_one_statement_for_all(susan: User, queries: list[str], number: int) -> None:
    """Concurrent lookups are one statement."""
    handles = await log_in(susan, number)
    queries.clear()
    assert await find(handles) == handles
    assert len(queries) == 1


async def test_more_than_a_statement_takes(susan: User, queries: list[str]) -> None:
    """Lookups above the maximum of one statement are in the next one."""
    [handle] = await log_in(susan)
    others = [f"{number:043}" for number in range(300)]
    queries.clear()
    assert await find([*others, handle]) == [None] * 300 + [handle]
    assert len(queries) == 2


async def test_everybody_gets_their_own(susan: User) -> None:
    """Each lookup gets its own user, in any order, among unknown handles and ended logins."""
    john = await add_user(username="john", email="john@example.com", password=PASSWORD)
    people = {handle: user.id for user in (susan, john) for handle in await log_in(user, 5)}
    [ended] = await log_in(await add_user(username="ida", email="ida@example.com", password=PASSWORD))
    await end_sessions(3)
    handles = [*people, ended, "0" * 43]
    users = await asyncio.gather(*(find_user(handle) for handle in handles))
    assert [user and user.id for user in users] == [*people.values(), None, None]


async def test_an_object_for_each(susan: User) -> None:
    """Two requests of the same login get two objects."""
    [handle] = await log_in(susan)
    one, other = await asyncio.gather(find_user(handle), find_user(handle))
    assert one is not None
    assert one == other
    assert one is not other
    assert other is not None
    assert one.login_session is not other.login_session


async def test_no_result_older_than_its_lookup(susan: User, queries: list[str]) -> None:
    """A lookup that begins while a statement runs is in the next statement."""
    [handle] = await log_in(susan)
    second: list[asyncio.Task[User | None]] = []
    here = copy_context()

    def ask_once_more(*_: object) -> None:
        if not second:
            second.append(asyncio.create_task(find_user(handle), context=here))

    event.listen(Engine, "before_cursor_execute", ask_once_more)
    try:
        queries.clear()
        assert await find_user(handle) is not None
        assert await second[0] is not None
    finally:
        event.remove(Engine, "before_cursor_execute", ask_once_more)
    assert len(queries) == 2


async def test_some_go_away(susan: User) -> None:
    """A cancelled lookup does not affect the others."""
    handles = await log_in(susan, 3)
    tasks = [asyncio.create_task(find_user(handle)) for handle in handles]
    await asyncio.sleep(0)
    tasks[1].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[1], asyncio.CancelledError)
    assert found[0] == found[2] == susan


@asynccontextmanager
async def fault() -> AsyncIterator[None]:
    """Let the database fail."""

    def fail(*_: object) -> None:
        raise OSError("connection reset by peer")

    event.listen(Engine, "before_cursor_execute", fail)
    yield
    event.remove(Engine, "before_cursor_execute", fail)


async def test_a_fault_reaches_all_lookups(susan: User) -> None:
    """A database error is raised in all lookups of the statement; the next ones succeed."""
    handles = await log_in(susan, 3)
    async with fault():
        answers = await asyncio.gather(*(find_user(handle) for handle in handles), return_exceptions=True)
    assert [type(answer) for answer in answers] == [DatabaseUnavailable] * 3
    assert await find(handles) == handles


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_lookup_that_is_alone_needs_no_task(susan: User, queries: list[str]) -> None:
    """With nothing else to do in this turn of the loop, a quick lookup is one statement, at once, and no task."""
    [handle] = await log_in(susan)
    assert await find([handle]) == [handle]
    await asyncio.sleep(0.05)  # for what the tests before have left in the loop
    queries.clear()
    lookup = find_user(handle)
    with pytest.raises(StopIteration) as ended:
        lookup.send(None)  # it would suspend if it waited for a task
    assert ended.value.value == susan
    assert len(queries) == 1
    assert await find_user("0" * 64) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_lookup_with_others_waits_for_them(susan: User, queries: list[str]) -> None:
    """With anything else to do in this turn, which may be another request, it goes into the batch."""
    handles = await log_in(susan, 2)
    assert await find(handles) == handles
    queries.clear()
    asyncio.get_running_loop().call_soon(lambda: None)
    assert not is_alone()
    assert await asyncio.gather(*(find_user(handle) for handle in handles)) == [susan, susan]
    assert len(queries) == 1
