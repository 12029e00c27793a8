"""Serves an application by Hypercorn on the event loop of a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from benchmarks.services.ports import free_port


@asynccontextmanager
async def served(app: Any, config: Config | None = None) -> AsyncIterator[int]:
    """Serve *app* until the end of the block, which begins when it listens; the port, at 127.0.0.1.

    Args:
        app: an ASGI application.
        config: how to serve it, but for the address.
    """
    config, port = config or Config(), free_port()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 1.0
    listening, stop = asyncio.Event(), asyncio.Event()

    async def until_stopped() -> None:
        listening.set()
        await stop.wait()

    server = asyncio.create_task(serve(app, config, shutdown_trigger=until_stopped))
    started = asyncio.create_task(listening.wait())
    await asyncio.wait([server, started], return_when=asyncio.FIRST_COMPLETED)
    if not started.done():
        started.cancel()
        await server  # raises what kept it from starting
    try:
        yield port
    finally:
        stop.set()
        await asyncio.wait([server])
        if not server.cancelled():  # as by Hypercorn, with its dispatcher (findings/hypercorn_dispatcher_stop.sh)
            server.result()
