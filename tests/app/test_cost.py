"""What a request costs, in queries and threads."""

from __future__ import annotations

import asyncio
import inspect
import re
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import Engine, Pool, event, select

from quart_app.application import Application
from quart_app.database import Database, KeyQuery
from quart_app.models.user import User
from tests.app.visitor import Visitor


@pytest.mark.parametrize("lost", [None, "session"])
async def test_one_query_for_a_user(visitor: Visitor, queries: list[str], lost: str | None) -> None:
    """A page costs one query, for the user of the session or of the remember cookie."""
    await visitor.register()
    await visitor.login(remember=True)
    if lost:
        visitor.forget(lost)
    queries.clear()
    assert (await visitor.get("/index")).status == 200
    assert len(queries) == 1


async def test_one_round_trip_for_a_user(migrated_postgresql_url: str) -> None:
    """On PostgreSQL that query is all that is sent: no ping, no BEGIN, no ROLLBACK.

    asyncpg's query logger has only statements that are not prepared, and the look-up is prepared.
    """
    sent: list[str] = []

    def listen(connection: Any, _record: object) -> None:
        connection.driver_connection.add_query_logger(lambda query: sent.append(query.query))

    event.listen(Pool, "connect", listen)
    database = Database(migrated_postgresql_url)
    user_by_id = KeyQuery(select(User.__table__.c.id), key=User.__table__.c.id)
    try:
        for _ in range(2):
            sent.clear()  # what the first connection sends to learn about the server
            assert await database.load(user_by_id, 1) is None
        assert sent == []
    finally:
        await database.close()
        event.remove(Pool, "connect", listen)


async def test_one_statement_for_any_number_of_users(migrated_postgresql_url: str) -> None:
    """On PostgreSQL the look-ups of any number of users are the same statement, with one array for all keys."""
    database = Database(migrated_postgresql_url)
    user_by_name = KeyQuery(select(User.__table__.c.username_key), key=User.__table__.c.username_key)
    statements: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, *_others: object) -> None:
        statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        for number in (1, 3, 40):
            await asyncio.gather(*(database.load(user_by_name, f"user{key}") for key in range(number)))
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
        await database.close()
    assert len({statement for statement, _ in statements}) == 1
    assert [len(keys) for _, [keys] in statements] == [1, 3, 40]


async def test_queries_of_a_login(visitor: Visitor, app: Application, queries: list[str]) -> None:
    """Find the user, count the attempt, forget it; then lock the user, see which sessions to drop, add one."""
    await visitor.register()
    await visitor.login()
    await visitor.logout()
    await asyncio.gather(*app.background_tasks)
    queries.clear()
    assert (await visitor.login()).location == "/index"
    tables = r"(SELECT|INSERT|UPDATE|DELETE)\b.*?\b(users|failed_attempts|login_sessions)\b"
    assert [tuple(found.groups()) for query in queries if (found := re.search(tables, query, re.DOTALL))] == [
        ("SELECT", "users"),
        ("INSERT", "failed_attempts"),
        ("DELETE", "failed_attempts"),
        ("UPDATE", "users"),
        ("SELECT", "login_sessions"),
        ("INSERT", "login_sessions"),
    ]


async def test_queries_of_a_failed_login(visitor: Visitor, app: Application, queries: list[str]) -> None:
    """A failed login finds the user and counts the attempt, also for an unknown name."""
    await visitor.register()
    await visitor.login()
    await visitor.logout()
    await asyncio.gather(*app.background_tasks)
    numbers = []
    for name in ("susan", "nobody"):
        queries.clear()
        await visitor.login(name, "not the password")
        numbers.append(len(queries))
    assert numbers == [2, 2]


async def test_no_query_for_strangers(visitor: Visitor, queries: list[str]) -> None:
    """A visitor costs no query."""
    for path in ("/", "/login", "/register", "/static/style.css", "/nowhere"):
        await visitor.get(path)
        assert queries == [], path


async def test_no_query_for_files(visitor: Visitor, queries: list[str]) -> None:
    """A static file or an unknown address costs no query, whichever cookie the user has."""
    await visitor.register()
    await visitor.login(remember=True)
    remembered = visitor.copy("remember_token")
    queries.clear()
    for path in ("/static/style.css", "/nowhere"):
        for user in (visitor, remembered):
            await user.get(path)
            assert queries == [], path


async def test_no_query_for_forged_forms(visitor: Visitor, queries: list[str]) -> None:
    """A form with an invalid token costs no query and shows no other error."""
    page = await visitor.post("/register", {"username": "susan", "email": "susan@example.com"})
    assert (page.status, page.errors, queries) == (403, [], [])


async def test_no_query_for_names_that_nobody_has(visitor: Visitor, queries: list[str]) -> None:
    """A name that contains NUL is counted but not queried: PostgreSQL would answer with an error."""
    assert (await visitor.login("su\0san")).status == 302
    assert not any("FROM users" in query for query in queries)


def test_hooks_are_coroutines(app: Application) -> None:
    """All hooks are async, those of extensions, too: each sync one would cost a thread for every request."""
    hooks: list[Any] = [
        *chain.from_iterable(app.before_request_funcs.values()),
        *chain.from_iterable(app.after_request_funcs.values()),
        *chain.from_iterable(app.teardown_request_funcs.values()),
        *chain.from_iterable(app.template_context_processors.values()),
        *chain.from_iterable(app.before_websocket_funcs.values()),
        *chain.from_iterable(app.after_websocket_funcs.values()),
        *app.view_functions.values(),
    ]
    assert len(hooks) > 10
    assert [hook for hook in hooks if not inspect.iscoroutinefunction(hook)] == []
