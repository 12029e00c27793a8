"""Receives the rest of a request's body before an answer that came early ends.

An answer that needs no body, such as 413, 403 or 429, is sent while the client still sends. Hypercorn then closes the
connection with data unread, and the kernel resets it (RFC 9112, section 9.6). So the client may lose the answer, and a
proxy answers 502 instead. Other web servers go on reading for a while (nginx's ``lingering_close``).

Written for Hypercorn 0.18, of which it uses nothing but ASGI. Up to two of thirty bodies over the limit were 502
behind nginx, and eight of thirty behind Caddy. If Hypercorn lingers itself, remove this module and its use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

LINGER_TIMEOUT = 2.0
"""Seconds to wait for the rest of a body."""

LINGER_BYTES = 4 * 1024 * 1024
"""Bytes of a body to receive at most."""


class EarlyAnswers:
    """ASGI middleware that holds back the end of an answer until the request has ended, or its limits are reached.

    The answer itself is sent at once; only its end, after which the server closes the connection, waits. Meanwhile the
    rest of the body is received and thrown away here, whether or not the application still receives.

    Arguments:
        app: the application behind it.
    """

    def __init__(self, app: ASGIFramework) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Awaitable[None]:
        """Pass on every request; only those that announce a body are watched."""
        if scope["type"] != "http" or not _has_body(scope):
            return self._app(scope, receive, send)
        return self._watch(scope, receive, send)

    async def _watch(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        ended = asyncio.Event()
        received = 0

        async def watched_receive() -> Any:
            nonlocal received
            message: Any = await receive()
            received += len(message.get("body", b""))
            if not message.get("more_body", False) or received > LINGER_BYTES:
                ended.set()
            return message

        async def lingering_send(message: Any) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False) and not ended.is_set():
                unfinished: Any = {**message, "more_body": True}
                await send(unfinished)
                await self._linger(ended, watched_receive)
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, watched_receive, lingering_send)

    async def _linger(self, ended: asyncio.Event, receive: Callable[[], Awaitable[Any]]) -> None:
        """Receive until the request has ended. Checks in front of Quart receive nothing, and Quart itself may."""

        async def drain() -> None:
            while not ended.is_set():
                await receive()

        draining = asyncio.create_task(drain())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_TIMEOUT):
                    await ended.wait()
        finally:
            draining.cancel()


def _has_body(scope: Any) -> bool:
    return any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
