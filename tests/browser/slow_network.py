"""A network that takes longer for some requests: those whose address contains ``slow`` reach the server late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

DELAY = 0.1  # seconds, each way


@asynccontextmanager
async def slow_network(address: str) -> AsyncIterator[str]:
    """Relay to the server at this address until the end of the block; gives the address to use instead."""
    there = urlsplit(address)
    connections: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        from_server, to_server = await asyncio.open_connection(there.hostname, there.port)
        is_slow = False

        async def send() -> None:
            nonlocal is_slow
            while data := await reader.read(65536):
                is_slow = b"slow" in data.partition(b"\r\n")[0]
                await asyncio.sleep(DELAY * is_slow)
                to_server.write(data)
                await to_server.drain()
            to_server.close()

        async def receive() -> None:
            while data := await from_server.read(65536):
                await asyncio.sleep(DELAY * is_slow)
                writer.write(data)
                await writer.drain()
            writer.close()

        with suppress(OSError):
            await asyncio.gather(send(), receive())
        writer.close()
        to_server.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
