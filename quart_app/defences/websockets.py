"""Websockets whose clients send faster than we read: they wait, and fill no memory.

Quart queues incoming messages without a limit. Five seconds of flooding, compressed, took gigabytes there.
"""

from __future__ import annotations

from asyncio import Semaphore
from typing import Any, cast

from hypercorn.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, WebsocketScope
from quart import Quart, Websocket

MESSAGES_WAITING = 8
"""How many messages of a client wait for the view. After these we do not read on, and TCP makes the client wait."""

_TURNS = "quart_app.websocket_turns"  # where in the scope, which both classes below know


class _Connection:
    """Quart's own connection, to which a message is passed on only when there is room for it.

    A client that has gone is noticed after its messages have been read: a view has to read, or to send.
    """

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        self._turns = cast("dict[str, Any]", scope)[_TURNS] = Semaphore(MESSAGES_WAITING)
        self._connection = Quart.asgi_websocket_class(app, scope)

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        async def receive_in_turn() -> ASGIReceiveEvent:
            event = await receive()
            if event["type"] == "websocket.receive":
                await self._turns.acquire()
            return event

        await self._connection(receive_in_turn, send)


class _Websocket(Websocket):
    """A websocket that makes room by each message that is read."""

    async def receive(self) -> str | bytes:
        message = await super().receive()
        cast("dict[str, Semaphore]", self.scope)[_TURNS].release()
        return message


def init_app(app: Quart) -> None:
    """Let messages wait in bounded numbers, in all websockets of this application."""
    app.asgi_websocket_class = _Connection
    app.websocket_class = _Websocket
