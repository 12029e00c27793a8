"""Websockets whose clients do not play along: they send faster than we read, or do not hang up.

Quart queues incoming messages without a limit: five seconds of flooding, compressed, took gigabytes there. And since
0.23 it waits, once a websocket is closed or refused, until the client has gone, which may be never.

Written for Quart 0.22 and 0.23: it wraps the class that Quart has in ``asgi_websocket_class`` and overrides
``Websocket.receive``. It saves memory: a client costs eight messages at most. If Quart renames one of the two,
``tests/app/test_websocket_limits.py`` fails; if Quart bounds its queue and ends with the websocket, remove this module.
"""

from __future__ import annotations

from asyncio import Semaphore, Task, current_task
from collections.abc import Coroutine
from typing import Any, cast

from hypercorn.typing import (
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    WebsocketDisconnectEvent,
    WebsocketScope,
)
from quart import Quart, Websocket

MESSAGES_WAITING = 8
"""How many messages of a client wait for the view. After these we do not read on, and TCP makes the client wait."""

_TURNS = "quart_app.websocket_turns"  # where in the scope, which both classes below know
_DISCONNECTED: WebsocketDisconnectEvent = {"type": "websocket.disconnect", "code": 1006}


class _Connection:
    """Quart's own connection, to which a message is passed on only when there is room, and none after the end.

    A client that has gone is noticed after its messages have been read: a view has to read, or to send.
    """

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        self._turns = cast("dict[str, Any]", scope)[_TURNS] = Semaphore(MESSAGES_WAITING)
        self._connection = Quart.asgi_websocket_class(app, scope)
        self._receiver: Task[Any] | None = None
        self._has_ended = False

    def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Coroutine[Any, Any, None]:
        async def receive_in_turn() -> ASGIReceiveEvent:
            if self._has_ended:
                return _DISCONNECTED
            self._receiver = current_task()
            event = await receive()
            if event["type"] == "websocket.receive":
                await self._turns.acquire()
            return event

        async def send_to_the_end(message: ASGISendEvent) -> None:
            await send(message)
            if _is_last(message):
                self._has_ended = True
                if self._receiver is not None:
                    self._receiver.cancel()

        return self._connection(receive_in_turn, send_to_the_end)


class _Websocket(Websocket):
    """A websocket that makes room by each message that is read."""

    async def receive(self) -> str | bytes:
        message = await super().receive()
        cast("dict[str, Semaphore]", self.scope)[_TURNS].release()
        return message


def init_app(app: Quart) -> None:
    """Let messages wait in bounded numbers, and nobody after the end, in all websockets of this application."""
    app.asgi_websocket_class = _Connection
    app.websocket_class = _Websocket


def _is_last(message: ASGISendEvent) -> bool:
    """Whether this closes the websocket, or is the end of an answer that refuses it."""
    if message["type"] == "websocket.http.response.body":
        return not message["more_body"]
    return message["type"] == "websocket.close"
