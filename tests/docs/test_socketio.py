"""The application of socketio.md, on Hypercorn, with real clients of Socket.IO."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest
import socketio  # type: ignore[import-untyped]

from compat import load_user_from_scope
from tests.docs.pages import DOCS, programs
from tests.serving.in_process import served
from tests.serving.server import RESPONSE_TIMEOUT, wait_until

pytestmark = pytest.mark.served


@pytest.fixture
def example() -> Iterator[Any]:
    """The application of the page."""
    with programs(DOCS / "socketio.md") as (made,):
        made.sio.eio.ping_interval = made.sio.eio.ping_timeout = 1  # seconds; a client that polls waits for both
        yield made


@dataclass
class Site:
    """The application while it is served, as a browser and its Socket.IO client see it."""

    port: int
    cookies: str = ""

    def post(self, path: str) -> None:
        """Send a request, and keep the cookies of its answer."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=RESPONSE_TIMEOUT)) as connection:
            connection.request("POST", path, headers={"Cookie": self.cookies, "User-Agent": "a browser"})
            response = connection.getresponse()
            assert response.status == 200
            self.cookies = "; ".join(value.split(";")[0] for value in response.headers.get_all("Set-Cookie", []))

    def connect(self, transport: str, namespace: str = "/") -> socketio.Client:
        """Open a connection with the cookies of the browser."""
        client = socketio.Client(reconnection=False)
        headers = {"Cookie": self.cookies, "User-Agent": "a browser"}
        client.connect(
            f"http://127.0.0.1:{self.port}",
            headers=headers,
            transports=[transport],
            namespaces=list({"/", namespace}),
            wait_timeout=60,
        )
        return client


@pytest.fixture
async def site(example: Any) -> AsyncIterator[Site]:
    """The application on Hypercorn."""
    async with served(example.app) as port:
        yield Site(port)
        await example.sio.shutdown()


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_a_user_is_known_and_a_visitor_refused(site: Site, transport: str) -> None:
    """A visitor gets no connection; the handlers of a user's know the user."""

    def visit() -> str:
        with pytest.raises(socketio.exceptions.ConnectionError):
            site.connect(transport)
        site.post("/login/susan")
        client = site.connect(transport)
        try:
            return str(client.call("who", timeout=60))
        finally:
            client.disconnect()

    assert await asyncio.to_thread(visit) == "susan"


async def test_a_login_that_ends_ends_the_connection(site: Site, example: Any) -> None:
    """A closed account is noticed at the next event, and logging out ends the user's connections at once."""

    def visit() -> None:
        site.post("/login/susan")
        client = site.connect("websocket")
        example.users.clear()
        client.emit("who")
        wait_until(lambda: not client.connected)

        site.post("/login/susan")
        client = site.connect("websocket")
        site.post("/logout")
        wait_until(lambda: not client.connected)

    await asyncio.to_thread(visit)


async def test_a_logout_ends_the_connections_of_all_namespaces(site: Site, example: Any) -> None:
    """Logging out disconnects the user from namespaces that have entered the room, too."""

    @example.sio.on("connect", namespace="/admin")  # type: ignore[untyped-decorator]
    async def connect(sid: str, environ: dict[str, Any]) -> bool | None:
        user = await load_user_from_scope(example.quart_app, environ["asgi.scope"])
        if not user.is_authenticated:
            return False
        await example.sio.enter_room(sid, f"user {user.get_id()}", namespace="/admin")
        return None

    def visit() -> None:
        with pytest.raises(socketio.exceptions.ConnectionError):
            site.connect("websocket", "/admin")
        site.post("/login/susan")
        client = site.connect("websocket", "/admin")
        assert set(client.namespaces) == {"/", "/admin"}
        site.post("/logout")
        wait_until(lambda: not client.namespaces)

    await asyncio.to_thread(visit)
