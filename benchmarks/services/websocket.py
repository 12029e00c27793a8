"""A websocket client for tests against a real server: wsproto, which Hypercorn brings along, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

_READ_TIMEOUT = 60.0  # seconds until the server must have sent something, on a machine that is busy with other things


class Refused(Exception):
    """The handshake was answered with this status."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


class Closed(Exception):
    """The server closed with this code; None if it closed the connection without one."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class WebsocketClient:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._text = ""

    async def shake_hands(self, host: str, path: str, headers: Mapping[str, str]) -> None:
        """Open the websocket."""
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._send(Request(host=host, target=path, extra_headers=extra))
        answer = await self._next_event()
        while isinstance(answer, RejectConnection | RejectData):
            if isinstance(answer, RejectConnection):
                fields = {name.decode().title(): value.decode() for name, value in answer.headers}
                raise Refused(answer.status_code, fields)
            answer = await self._next_event()
        assert isinstance(answer, AcceptConnection), answer

    async def send(self, text: str) -> None:
        """Send a message."""
        await self._send(TextMessage(data=text))

    async def receive(self) -> str:
        """The next message."""
        while True:
            event = await self._next_event()
            if isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    text, self._text = self._text, ""
                    return text
            elif isinstance(event, Ping):
                await self._send(event.response())
            elif isinstance(event, CloseConnection):
                raise Closed(event.code)

    async def until_closed(self) -> int | None:
        """The code that the server closes with."""
        try:
            while True:
                await self.receive()
        except Closed as closed:
            return closed.code

    async def _send(self, event: Event) -> None:
        self.writer.write(self._protocol.send(event))
        await self.writer.drain()

    async def _next_event(self) -> Event:
        while True:
            for event in self._protocol.events():
                return event
            async with asyncio.timeout(_READ_TIMEOUT):
                data = await self._reader.read(65536)
            if not data:
                raise Closed(None)
            self._protocol.receive_data(data)


@asynccontextmanager
async def connect(url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[WebsocketClient]:
    """Open a websocket at an ``http://`` address; the connection is closed at the end of the block.

    Raises:
        Refused: the handshake was answered with another status than 101.
    """
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        client = WebsocketClient(reader, writer)
        await client.shake_hands(address.netloc, address.path, headers or {})
        yield client
    finally:
        writer.close()
