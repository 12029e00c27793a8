"""What a request costs, in what can be counted."""

from __future__ import annotations

import inspect
from itertools import chain
from typing import Any

import pytest

from quart_app.application import Application
from tests.app.visitor import Visitor


@pytest.mark.parametrize("lost", [None, "session"])
async def test_one_query_for_a_user(visitor: Visitor, queries: list[str], lost: str | None) -> None:
    """The user is loaded once for a page, by the session or the remember cookie, and nothing else is."""
    await visitor.register()
    await visitor.login(remember=True)
    if lost:
        visitor.forget(lost)
    queries.clear()
    assert (await visitor.get("/index")).status == 200
    assert len(queries) == 1


@pytest.mark.parametrize("path", ["/", "/login", "/register", "/static/style.css", "/nowhere"])
async def test_no_query_for_strangers(visitor: Visitor, queries: list[str], path: str) -> None:
    """Whom there is nothing to know about, the database is not asked about."""
    await visitor.get(path)
    assert queries == []


async def test_no_query_for_files(visitor: Visitor, queries: list[str]) -> None:
    """A file is the same for everybody."""
    await visitor.register()
    await visitor.login()
    queries.clear()
    await visitor.get("/static/style.css")
    assert queries == []


async def test_no_query_for_forged_forms(visitor: Visitor, queries: list[str]) -> None:
    """Before the token of a form is right, nothing is looked up, and no other error is shown."""
    page = await visitor.post("/register", {"username": "susan", "email": "susan@example.com"})
    assert (page.status, page.errors, queries) == (403, [], [])


async def test_no_query_for_names_that_nobody_has(visitor: Visitor, queries: list[str]) -> None:
    """A name with NUL in it is not asked for: PostgreSQL would answer with an error."""
    assert (await visitor.login("su\0san")).status == 302
    assert queries == []


def test_hooks_are_coroutines(app: Application) -> None:
    """A synchronous hook would cost a thread at every request, so there is none, not even an extension's."""
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
