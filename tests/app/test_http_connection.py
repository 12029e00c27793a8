"""Requests without a body run in the server's own task, and otherwise behave as Quart's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from quart import Response, request

from quart_app.application import Application
from quart_app.framework import http_connection

GONE = {"type": "http.disconnect"}
END = {"type": "http.request", "body": b"", "more_body": False}


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the connections of clients do not depend on the database."""
    return migrated_sqlite_url


class Server:
    """The server's side of one request."""

    def __init__(self, *messages: dict[str, Any], takes_the_answer: bool = True) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for message in messages:
            self.messages.put_nowait(message)
        self.takes_the_answer = takes_the_answer
        self.sent: list[Any] = []

    async def receive(self) -> dict[str, Any]:
        """Return the next message of the request."""
        message = await self.messages.get()
        self.messages.task_done()
        return message

    async def send(self, message: Any) -> None:
        """Receive a message of the response, or never return."""
        self.sent.append(message)
        if message.get("more_body") is False:
            self.messages.put_nowait(GONE)  # as servers do after the answer
        if not self.takes_the_answer:
            await asyncio.Event().wait()

    @property
    def body(self) -> bytes:
        """The body that has been sent."""
        return b"".join(message.get("body", b"") for message in self.sent)


async def ask(app: Application, server: Server, method: str = "GET", *, version: str = "1.1") -> None:
    """Send a request to the tested view and wait for its end."""
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": version, "method": method, "scheme": "http",
        "path": "/under-test", "raw_path": b"/under-test", "query_string": b"", "root_path": "",
        "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "extensions": {},
    }  # fmt: skip
    await app(scope, server.receive, server.send)  # type: ignore[arg-type]


async def test_it_needs_no_task(app: Application) -> None:
    """The view of a request without a body runs in the task that called the application."""
    tasks: list[asyncio.Task[Any] | None] = []

    @app.get("/under-test")
    async def view() -> str:
        tasks.append(asyncio.current_task())
        return "here"

    server = Server(END)
    await ask(app, server)
    assert tasks == [asyncio.current_task()]
    assert server.body == b"here"


async def test_a_client_that_goes_away(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow view is cancelled when its client disconnects, and nothing more is sent."""
    monkeypatch.setattr(http_connection, "DISCONNECT_GRACE", 0.0)
    ends: list[str] = []

    @app.get("/under-test")
    async def view() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("given up")
        return "never"

    server = Server(END, GONE)
    await ask(app, server)
    assert (ends, server.sent) == (["given up"], [])


async def test_a_client_that_stays(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow view is awaited, and no listener is left when it ends."""
    monkeypatch.setattr(http_connection, "DISCONNECT_GRACE", 0.0)
    before = asyncio.all_tasks()
    server = Server()

    @app.get("/under-test")
    async def view() -> str:
        server.messages.put_nowait(END)
        await server.messages.join()  # until the connection receives
        return "here"

    await ask(app, server)
    assert server.body == b"here"
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_server_that_stops(app: Application) -> None:
    """If the server's task is cancelled, the request is cancelled, and the task ends as cancelled."""
    begun = asyncio.Event()

    @app.get("/under-test")
    async def view() -> str:
        begun.set()
        await asyncio.Event().wait()
        return "never"

    task = asyncio.create_task(ask(app, Server(END)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(("method", "version"), [("GET", "2"), ("HEAD", "2"), ("POST", "1.1"), ("QUERY", "1.1")])
async def test_a_body_that_nobody_has_announced(app: Application, method: str, version: str) -> None:
    """In HTTP/2 a body needs no announced length, whatever the method is: it is read."""
    bodies: list[str | bytes] = []

    @app.route("/under-test", methods=[method])
    async def view() -> str:
        bodies.append(await request.get_data())
        return ""

    app.config["WTF_CSRF_ENABLED"] = False
    await ask(app, Server({"type": "http.request", "body": b"a body", "more_body": False}), method, version=version)
    assert bodies == [b"a body"]


async def test_a_client_that_does_not_take_the_answer(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not receive the response is given up after the timeout."""
    monkeypatch.setattr(http_connection, "RESPONSE_TIMEOUT", 0.0)

    @app.get("/under-test")
    async def view() -> str:
        return "here"

    server = Server(END, takes_the_answer=False)
    await ask(app, server)
    assert server.body == b""


@pytest.mark.parametrize(("limit", "taken"), [(None, b"in time"), (0.0, b"")])
async def test_an_answer_with_a_limit_of_its_own(
    app: Application, monkeypatch: pytest.MonkeyPatch, limit: float | None, taken: bytes
) -> None:
    """``response.timeout`` overrides the general timeout, shorter or longer; None is not a timeout."""
    monkeypatch.setattr(http_connection, "RESPONSE_TIMEOUT", 0.0 if limit is None else 60.0)

    async def late() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0.001)
        yield b"in time"

    @app.get("/under-test")
    async def view() -> Response:
        response = Response(late())
        response.timeout = limit
        return response

    server = Server(END)
    await ask(app, server)
    assert server.body == taken
