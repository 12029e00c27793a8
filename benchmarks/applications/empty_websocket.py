"""Websockets that are accepted and nothing else: by Quart, and by an ASGI application without a framework."""

from __future__ import annotations

from typing import Any

from quart import Quart, websocket

quart = Quart(__name__)


@quart.websocket("/live/ws")
async def accept() -> None:
    """Accept, and wait until the client leaves."""
    await websocket.accept()
    while True:
        await websocket.receive()


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same without Quart. Pages are 404, as Quart's are."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    if scope["type"] == "lifespan":
        await _say_that_it_is_ready(receive, send)
        return
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _say_that_it_is_ready(receive: Any, send: Any) -> None:
    while True:
        message = (await receive())["type"]
        await send({"type": f"{message}.complete"})
        if message == "lifespan.shutdown":
            return
