"""Event loops whose TLS connections close within five seconds.

Closing a TLS connection sends what is left and a ``close_notify``, and waits for the peer's (RFC 8446, section 6.1).
asyncio and uvloop wait for 30 seconds, and Hypercorn has no setting for it. So one client that had lost its network
delayed each stop and each reload by 30 seconds, whatever ``graceful_timeout`` said.

``create_server()`` has had the public parameter ``ssl_shutdown_timeout`` since Python 3.11 and uvloop 0.17, but
Hypercorn 0.18 calls it by ``asyncio.start_server()`` without. If Hypercorn gets a setting, use that and remove this
module: ``tests/serving/test_stopping_with_tls.py`` says whether it works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

TLS_SHUTDOWN_TIMEOUT = 5.0
"""Seconds to send what is left and to get the answer. Not less: a slow client may still be receiving a response."""


def make_event_loop(worker_class: str) -> asyncio.AbstractEventLoop:
    """A new event loop for a worker.

    Arguments:
        worker_class: Hypercorn's setting: ``asyncio`` or ``uvloop``.
    """
    loop = _new_event_loop(worker_class)
    loop.create_server = _with_timeout(loop.create_server)  # type: ignore[method-assign]
    return loop


def _new_event_loop(worker_class: str) -> asyncio.AbstractEventLoop:
    if worker_class != "uvloop":
        return asyncio.new_event_loop()
    import uvloop  # there is none for Windows

    return uvloop.new_event_loop()


def _with_timeout(create_server: Callable[..., Any]) -> Callable[..., Any]:
    async def create(*args: Any, **options: Any) -> asyncio.Server:
        if options.get("ssl") is not None:  # without TLS the timeout is an error
            options.setdefault("ssl_shutdown_timeout", TLS_SHUTDOWN_TIMEOUT)
        server: asyncio.Server = await create_server(*args, **options)
        return server

    return create
