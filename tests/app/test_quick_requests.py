"""What each request passes, in the short way: the same as in Quart's own."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from quart import Blueprint, Quart, Request, request
from werkzeug.datastructures import Headers

from quart_app.framework.http_connection import HttpConnection, QuickHeaders
from quart_app.framework.quick_quart import QuickQuart, QuickRequest, answer_text_at_once


@pytest.mark.parametrize("path", ["/", "/parent/child/view", "/parent/view", "/none"])
async def test_names_of_blueprints_are_quarts_own(path: str) -> None:
    """Endpoint, blueprint and its parents are those that Quart finds, also for an unknown address."""
    seen: list[tuple[str | None, str | None, list[str]]] = []
    for request_class in (Request, QuickRequest):
        app = Quart(__name__)
        app.request_class = request_class
        parent, child = Blueprint("parent", __name__, url_prefix="/parent"), Blueprint("child", __name__)
        for target, rule in ((app, "/"), (parent, "/view"), (child, "/view")):
            target.add_url_rule(rule, "view", lambda: "")
        parent.register_blueprint(child, url_prefix="/child")
        app.register_blueprint(parent)
        async with app.test_request_context(path):
            names = request.blueprints
            names.append("of the caller")
            seen.append((request.endpoint, request.blueprint, request.blueprints))
    assert seen[0][:2] == seen[1][:2]
    assert seen[1][2] == [name for name in seen[0][2] if name != "of the caller"]


async def test_a_hook_of_any_kind_is_called() -> None:
    """Coroutine functions and methods are returned as they are, and everything else is run in a thread, by Quart."""

    class Hooks:
        async def method(self) -> str:
            return "method"

        def sync(self) -> str:
            return "sync"

        async def __call__(self) -> str:
            return "object"

    async def function() -> str:
        return "function"

    app, hooks = QuickQuart(__name__), Hooks()
    assert app.ensure_async(function) is function
    assert await app.ensure_async(hooks.method)() == "method"
    assert await app.ensure_async(hooks.sync)() == "sync"
    assert await app.ensure_async(partial(function))() == "function"


async def _headers(sent: list[tuple[bytes, bytes]], connection: type[Any]) -> list[tuple[str, str]]:
    app = Quart(__name__)
    app.asgi_http_class = connection
    seen: list[tuple[str, str]] = []

    @app.get("/")
    async def view() -> str:
        seen.extend(request.headers.items())
        return ""

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/", "query_string": b"",
        "headers": sent, "client": ("192.0.2.1", 1), "server": None,
    }  # fmt: skip
    messages = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"", "more_body": False}]
    is_answered = asyncio.Event()

    async def receive() -> Any:
        if len(messages) < 2:
            await is_answered.wait()
        return messages.pop()

    async def send(message: Any) -> None:
        if not message.get("more_body", True):
            is_answered.set()

    await app.asgi_http_class(app, scope)(receive, send)
    return seen


async def test_headers_of_a_request_are_quarts_own() -> None:
    """Names and values arrive as by Quart's connection: all of them, in their order, in Latin-1."""
    sent = [
        (b"host", b"a.example"),
        (b"x-a", b"1"),
        (b"X-A", b"2"),
        (b"x-latin", "ü".encode("latin-1")),
        (b"etag", b""),
    ]
    assert await _headers(sent, HttpConnection) == await _headers(sent, Quart.asgi_http_class) != []


async def test_a_header_with_a_line_break_is_refused() -> None:
    """A server that lets a line break through does not get it into the headers."""
    with pytest.raises(ValueError, match="newline"):
        await _headers([(b"host", b"a.example"), (b"x-a", b"1\nx-b: 2")], HttpConnection)


def test_a_missing_header_is_the_default() -> None:
    """Looking up headers finds what Werkzeug's own class finds."""
    pairs = [("Host", "a"), ("X-Number", "7"), ("x-number", "8"), ("X-Text", "seven")]
    ours, theirs = QuickHeaders(pairs), Headers(pairs)
    for key in ("host", "HOST", "X-Number", "missing"):
        assert ours.get(key) == theirs.get(key)
        assert ours.get(key, "default") == theirs.get(key, "default")
        assert ours.get(key, 0, int) == theirs.get(key, 0, int)
        assert ours.get(key, type=int) == theirs.get(key, type=int)


async def test_text_is_answered_as_before_and_all_else_is_left_to_others() -> None:
    """Text becomes a response at once; for anything else what was there before is asked."""
    app = Quart(__name__)
    asked: list[object] = []
    before = app.make_response

    async def count(result: Any) -> Any:
        asked.append(result)
        return await before(result)

    app.make_response = count  # type: ignore[method-assign]
    answer_text_at_once(app)
    quick, slow = await app.make_response("text"), await app.make_response(("text", 201))
    assert (quick.status_code, await quick.get_data(as_text=True)) == (200, "text")
    assert quick.headers == (await before("text")).headers
    assert slow.status_code == 201
    assert asked == [("text", 201)]
