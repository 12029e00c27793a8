"""The websocket of an open page, through ASGI, without a server.

Quart's own test client keeps the code of a closed websocket to itself since Quart 0.23, and reads all there is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import jsonschema_rs
from werkzeug.datastructures import Headers

from quart_app.live.messages import Online
from tests.app.visitor import Visitor

OURS = "http://localhost"
_MESSAGE = jsonschema_rs.validator_for(
    {**Online.model_json_schema(mode="serialization"), "additionalProperties": False}
)
"""The schema of every message, as ``/api/v1/asyncapi.json`` has it."""
PATH = "/live/ws"


class Refused(Exception):
    """The handshake was refused with this answer."""

    def __init__(self, status: int, headers: Headers, text: str) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.text = text


class Closed(Exception):
    """The websocket was closed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Tab:
    """The websocket of an open page; ``is_reading`` can be taken away and given back.

    ``subprotocol`` is what the server has chosen.
    """

    def __init__(self) -> None:
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        self.task: asyncio.Task[None] | None = None
        self.subprotocol: str | None = None
        self._refusal: dict[str, Any] = {}
        self._body = b""
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[str | Exception] = asyncio.Queue()

    @property
    def unsent(self) -> int:
        """The number of messages that the server has not received yet."""
        return self._to_server.qsize()

    async def names(self) -> list[str]:
        """The names of the people online, from the next message."""
        return list((await self.news())["names"])

    async def news(self) -> dict[str, Any]:
        """The next message, which is as described."""
        message = await self._from_server.get()
        if isinstance(message, Exception):
            raise message
        content = json.loads(message)
        _MESSAGE.validate(content)
        return dict(content)

    async def until_closed(self) -> int:
        """The code with which the websocket is closed, after any other messages."""
        try:
            while True:
                await self.news()
        except Closed as closed:
            return closed.code

    async def say(self, message: str | bytes) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        await self._to_server.put({"type": "websocket.receive", kind: message})

    async def go(self) -> None:
        await self._to_server.put({"type": "websocket.disconnect", "code": 1001})

    async def receive(self) -> dict[str, Any]:
        return await self._to_server.get()

    async def send(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "websocket.accept":
                self.subprotocol = message["subprotocol"]
            case "websocket.send":
                await self.is_reading.wait()
                await self._from_server.put(message["text"])
            case "websocket.close":
                await self._from_server.put(Closed(message["code"]))
            case "websocket.http.response.start":
                self._refusal = message
            case "websocket.http.response.body":
                self._body += message["body"]
                if not message["more_body"]:
                    headers = Headers([(name.decode(), value.decode()) for name, value in self._refusal["headers"]])
                    await self._from_server.put(Refused(self._refusal["status"], headers, self._body.decode()))


@asynccontextmanager
async def open_tab(
    visitor: Visitor,
    *,
    path: str = PATH,
    origin: str | None = OURS,
    host: str = "localhost",
    authorization: str | None = None,
    subprotocols: Sequence[str] = (),
    can_refuse: bool = True,
) -> AsyncIterator[Tab]:
    """Open the websocket with the visitor's cookies, and close it at the end.

    Unless ``can_refuse``, the server does without the extension of ASGI by which a handshake is answered.
    """
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookie_jar or ())
    headers = {"host": host, "user-agent": visitor.agent} | ({"cookie": cookies} if cookies else {})
    if origin is not None:
        headers["origin"] = origin
    if authorization is not None:
        headers["authorization"] = authorization
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "subprotocols": [*subprotocols],
        "extensions": {"websocket.http.response": {}} if can_refuse else {},
        "state": {},
    }
    tab = Tab()
    application: Any = visitor.app
    tab.task = asyncio.create_task(application(scope, tab.receive, tab.send))
    try:
        yield tab
    finally:
        await tab.go()
        await tab.task


async def refusal(visitor: Visitor, *, origin: str | None = OURS, **options: Any) -> int:
    """The status with which the handshake is refused; the options are those of :func:`open_tab`."""
    return (await refused_answer(visitor, origin=origin, **options)).status


async def refused_answer(visitor: Visitor, *, origin: str | None = OURS, **options: Any) -> Refused:
    """The answer with which the handshake is refused; the options are those of :func:`open_tab`."""
    async with open_tab(visitor, origin=origin, **options) as tab:
        try:
            await tab.news()
        except Refused as refused:
            return refused
    raise AssertionError("not refused")
