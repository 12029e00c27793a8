"""A network in which some requests reach the server late, and some responses the browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_TIMEOUT = 60.0  # seconds until a browser has sent a request and the server has answered it


class LateNetwork:
    """Relays to a server, and holds requests back by the query of their address.

    With ``?late-request`` it is the request that is held back, before the server gets it, and with ``?late-response``
    the response.
    """

    def __init__(self, address: str) -> None:
        """Relay to the server at this address, which is like ``http://127.0.0.1:port``."""
        self._server = urlsplit(address)
        self._held = asyncio.Semaphore(0)
        self._gate = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()

    async def until_held(self, number: int) -> None:
        """Wait until so many more requests and responses are held back."""
        async with asyncio.timeout(_TIMEOUT):
            for _ in range(number):
                await self._held.acquire()

    def release(self) -> None:
        """Let pass what is held back; later ones are held back again."""
        self._gate.set()
        self._gate = asyncio.Event()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the browser."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        from_server, to_server = await asyncio.open_connection(self._server.hostname, self._server.port)
        path = b""

        async def hold(kind: bytes) -> None:
            if path.partition(b"?")[2] == kind:
                gate = self._gate
                self._held.release()
                await gate.wait()

        async def send() -> None:
            nonlocal path
            while data := await reader.read(65536):
                if data.startswith(b"GET "):
                    path = data.split(b" ", 2)[1]
                await hold(b"late-request")
                to_server.write(data)
                await to_server.drain()
            to_server.close()

        async def receive() -> None:
            nonlocal path
            while data := await from_server.read(65536):
                await hold(b"late-response")
                path = b""  # the rest of the response is not held back again
                writer.write(data)
                await writer.drain()
            writer.close()

        try:
            with suppress(OSError):
                await asyncio.gather(send(), receive())
        finally:
            writer.close()
            to_server.close()

    async def close(self) -> None:
        """End all connections."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


@asynccontextmanager
async def late_network(address: str) -> AsyncIterator[tuple[LateNetwork, str]]:
    """Relay to the server at this address until the end of the block; gives the network, and the address to use."""
    network = LateNetwork(address)
    server = await asyncio.start_server(network.relay, "127.0.0.1", 0)
    try:
        yield network, "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    finally:
        server.close()
        await network.close()
