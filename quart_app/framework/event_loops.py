"""Event loops that let a server stop: TLS connections close within five seconds, and all can be aborted.

Closing a TLS connection sends what is left and a ``close_notify``, and waits for the peer's (RFC 8446, section 6.1).
asyncio and uvloop wait for 30 seconds, and Hypercorn has no setting for it. So one client that had lost its network
delayed each stop and each reload by 30 seconds, whatever ``graceful_timeout`` said.

``create_server()`` has had the public parameter ``ssl_shutdown_timeout`` since Python 3.11 and uvloop 0.17, but
Hypercorn 0.18 calls it by ``asyncio.start_server()`` without. If Hypercorn gets a setting, use that and remove this
module: ``tests/serving/test_stopping.py`` says whether it works.

From Python 3.12 ``asyncio.Server.wait_closed()`` waits for all connections, and Hypercorn calls it before its
``graceful_timeout`` begins, so one endless request held a worker until the supervisor killed it. Python 3.13 can abort
the connections of a server; 3.12 cannot. If Hypercorn bounds that wait, remove ``abort_connections``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from typing import Any

TLS_SHUTDOWN_TIMEOUT = 5.0
"""Seconds to send what is left and to get the answer. Not less: a slow client may still be receiving a response."""


def make_event_loop(worker_class: str, servers: list[asyncio.Server]) -> asyncio.AbstractEventLoop:
    """A new event loop for a worker.

    Arguments:
        worker_class: Hypercorn's setting: ``asyncio`` or ``uvloop``.
        servers: where the loop adds each server that it creates.
    """
    loop = _new_event_loop(worker_class)
    loop.create_server = _with_timeout(loop.create_server, servers)  # type: ignore[method-assign]
    return loop


def abort_connections(servers: Iterable[asyncio.Server]) -> None:
    """Close the connections of these servers at once, on asyncio's loop from Python 3.13; otherwise do nothing.

    uvloop and Python 3.11 need it not: there Hypercorn's own ``graceful_timeout`` applies.
    """
    if sys.version_info >= (3, 13):
        for server in servers:
            if isinstance(server, asyncio.Server):  # uvloop's is another class
                server.abort_clients()


def _new_event_loop(worker_class: str) -> asyncio.AbstractEventLoop:
    if worker_class != "uvloop":
        return asyncio.new_event_loop()
    import uvloop  # there is none for Windows

    return uvloop.new_event_loop()


def _with_timeout(create_server: Callable[..., Any], servers: list[asyncio.Server]) -> Callable[..., Any]:
    async def create(*args: Any, **options: Any) -> asyncio.Server:
        if options.get("ssl") is not None:  # without TLS the timeout is an error
            options.setdefault("ssl_shutdown_timeout", TLS_SHUTDOWN_TIMEOUT)
        server: asyncio.Server = await create_server(*args, **options)
        servers.append(server)
        return server

    return create
