"""Backpressure for websockets: a bounded queue of incoming messages, and no waiting after the end.

Quart queues incoming messages without a limit: a client that sent compressed messages for five seconds filled
gigabytes. And since 0.23 it waits after closing or refusing a websocket until the client disconnects, which may be
never.

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
from quart import Quart

from .blueprint_names import QuickWebsocket

MESSAGES_WAITING = 8
"""How many messages of a client wait for the view. After these we do not read on, and TCP makes the client wait."""

_TURNS = "quart_app.websocket_turns"  # where in the scope, which both classes below know
_DISCONNECTED: WebsocketDisconnectEvent = {"type": "websocket.disconnect", "code": 1006}


class _Connection:
    """Quart's connection with a bounded queue: a message is received only when there is room for it.

    A disconnect is noticed after the queued messages have been read, so a view has to receive or send.
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


class _Websocket(QuickWebsocket):
    """A websocket that frees a place in the queue for each message that the view receives."""

    async def receive(self) -> str | bytes:
        message = await super().receive()
        cast("dict[str, Semaphore]", self.scope)[_TURNS].release()
        return message


def init_app(app: Quart) -> None:
    """Bound the queues of all websockets of this application, and do not wait for clients after the end."""
    app.asgi_websocket_class = _Connection
    app.websocket_class = _Websocket


def _is_last(message: ASGISendEvent) -> bool:
    """Whether this message closes the websocket, or ends the response that refuses it."""
    if message["type"] == "websocket.http.response.body":
        return not message["more_body"]
    return message["type"] == "websocket.close"
