"""Checks that refuse a request before its user is loaded."""

from __future__ import annotations

import pytest
from jinja2 import Template
from quart.testing import QuartClient
from quart.testing.connections import WebsocketResponseError

from quart_app.application import Application
from tests.app.visitor import Visitor


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the database is not queried."""
    return migrated_sqlite_url


async def test_a_refused_request_costs_no_query(user: Visitor, queries: list[str], subtests: pytest.Subtests) -> None:
    """A cross-site POST with the cookies of a logged-in user is 403 without a query or a cookie."""
    queries.clear()
    for path in ("/logout", "/account/password", "/api/v1/users", "/nowhere"):
        with subtests.test(path=path):
            page = await user.post(path, {}, {"Sec-Fetch-Site": "cross-site"})
            assert (page.status, queries, page.cookies) == (403, [], {})
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            api = path.startswith("/api/")
            assert set(page.headers["Vary"].split(", ")) == ({"Cookie", "Authorization"} if api else {"Cookie"})
            assert page.headers["Content-Type"] == ("application/problem+json" if api else "text/html; charset=utf-8")


async def test_a_forged_form_costs_no_query(user: Visitor, queries: list[str]) -> None:
    """A form without the token of a logged-in user's session is 403 without a query."""
    queries.clear()
    page = await user.post("/account/sessions/end-others", {"csrf_token": "wrong"})
    assert (page.status, queries, page.cookies) == (403, [], {})


async def test_a_refused_websocket_costs_no_query(user: Visitor, queries: list[str]) -> None:
    """A websocket that a page of another site opens costs no query."""
    queries.clear()
    with pytest.raises(WebsocketResponseError) as refused:
        async with user.client.websocket("/live/ws", headers={"Origin": "https://evil.test"}) as opened:
            await opened.receive()
    assert (refused.value.response.status_code, queries) == (403, [])


async def test_checks_run_before_hooks(app: Application, user: Visitor, queries: list[str]) -> None:
    """Early checks run in the order of their registration, before all hooks; those of changes only for changes."""
    order: list[str] = []

    @app.before_request
    async def hook() -> None:
        order.append("hook")

    for name in ("first", "second"):

        @app.early_request_check
        async def check(name: str = name) -> None:
            assert queries == []
            order.append(name)

    @app.early_change_check
    async def check_change_early() -> None:
        order.append("early change")

    queries.clear()
    assert (await user.get("/index")).status == 200
    assert order == ["first", "second", "hook"]
    assert len(queries) == 1
    order.clear()
    queries.clear()
    assert (await user.client.post("/index", headers={"Sec-Fetch-Site": "same-origin"})).status_code == 405
    assert order == ["first", "second", "early change", "hook"]


@pytest.mark.parametrize(("origin", "status"), [("https://evil.test", 403), ("http://localhost", 401)])
async def test_a_refused_websocket_gets_no_page(
    app: Application, monkeypatch: pytest.MonkeyPatch, origin: str, status: int
) -> None:
    """A refused websocket gets the status and a line of text; no template is rendered."""
    rendered: list[str] = []
    get_template = app.jinja_env.get_template

    def remember(name: str) -> Template:
        rendered.append(name)
        return get_template(name)

    monkeypatch.setattr(app.jinja_env, "get_template", remember)
    with pytest.raises(WebsocketResponseError) as refused:
        async with QuartClient(app).websocket("/live/ws", headers={"Origin": origin}) as opened:
            await opened.receive()
    response = refused.value.response
    assert (response.status_code, response.content_type) == (status, "text/plain; charset=utf-8")
    assert rendered == []
    assert len(await response.get_data(as_text=True)) < 40
