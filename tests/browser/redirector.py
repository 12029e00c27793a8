"""A server that redirects to given locations, byte by byte, and answers other requests with an empty page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Redirector:
    """Redirects ``/go/0``, ``/go/1`` and so on to the locations in turn."""

    locations: Sequence[bytes]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1]
                number = path.removeprefix(b"/go/")
                if number != path and number.isdigit():
                    lines = b"HTTP/1.1 302 Found\r\nLocation: " + self.locations[int(number)]
                else:
                    lines = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
                writer.write(lines + b"\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        writer.close()


@asynccontextmanager
async def redirect_to(locations: Sequence[bytes]) -> AsyncIterator[str]:
    """Serve until the end of the block; yields the address, ``http://127.0.0.1:port``."""
    server = await asyncio.start_server(Redirector(locations).answer, "127.0.0.1", 0)
    try:
        yield "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    finally:
        server.close()
