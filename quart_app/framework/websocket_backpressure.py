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
from collections import deque
from functools import partial
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
from quart.typing import ASGIWebsocketProtocol
from werkzeug.datastructures import Headers

from quart_app import waiting_time

from .mounts import without_path_beside_mount
from .quick_quart import QuickWebsocket
from .websocket_continuation import CONTINUATION, Continuation, Departures

MESSAGES_WAITING = 8
"""How many messages of a client wait for the view. After these we do not read on, and TCP makes the client wait."""

# Where in the scope, which both classes below know: the places in the queue, and the messages in it.
_TURNS = "quart_app.websocket_turns"
_UNREAD = "quart_app.websocket_unread"
_DISCONNECTED: WebsocketDisconnectEvent = {"type": "websocket.disconnect", "code": 1006}


class _Connection:
    """Quart's connection with a bounded queue: a message is received only when there is room for it.

    A disconnect is noticed after the queued messages have been read, so a view has to receive or send.

    Arguments:
        departures: of all websockets of the application.
    """

    __slots__ = ("_connection", "_departures", "_has_ended", "_is_gone", "_receiver", "_scope")

    def __init__(self, departures: Departures, app: Quart, scope: WebsocketScope) -> None:
        if scope.get("root_path"):
            scope = without_path_beside_mount(scope)
        self._departures = departures
        self._scope = cast("dict[str, Any]", scope)
        self._scope[_TURNS] = Semaphore(MESSAGES_WAITING)
        self._scope[_UNREAD] = deque[ASGIReceiveEvent]()
        self._connection: ASGIWebsocketProtocol | None = Quart.asgi_websocket_class(app, scope)
        self._receiver: Task[Any] | None = None
        self._has_ended = False
        self._is_gone = False

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        try:
            await cast("ASGIWebsocketProtocol", self._connection)(
                partial(self._receive_in_turn, receive), partial(self._send_to_the_end, send)
            )
        except BaseException:
            self._is_gone = True
            raise
        finally:
            continuation: Continuation | None = self._scope.pop(CONTINUATION, None)
            if continuation is not None:
                self._forget_view()
                await continuation(partial(self._receive_the_rest, receive), send)

    def _forget_view(self) -> None:
        """Free the memory that only the view has needed."""
        self._connection = self._receiver = None
        del self._scope[_TURNS]

    async def _receive_in_turn(self, receive: ASGIReceiveCallable) -> ASGIReceiveEvent:
        if self._has_ended:
            return _DISCONNECTED
        self._receiver = current_task()
        event = await receive()
        if event["type"] == "websocket.receive":
            self._scope[_UNREAD].append(event)
            await self._scope[_TURNS].acquire()
        elif event["type"] == "websocket.disconnect":
            self._is_gone = True
            await self._departures.wait()
        return event

    async def _receive_the_rest(self, receive: ASGIReceiveCallable) -> ASGIReceiveEvent:
        unread = self._scope.get(_UNREAD)
        if unread:
            return cast("ASGIReceiveEvent", unread.popleft())
        self._scope.pop(_UNREAD, None)
        if self._is_gone:
            return _DISCONNECTED
        event = await receive()
        if event["type"] == "websocket.disconnect":
            self._is_gone = True
            await self._departures.wait()
        return event

    async def _send_to_the_end(self, send: ASGISendCallable, message: ASGISendEvent) -> None:
        goes_on = message["type"] == "websocket.close" and CONTINUATION in self._scope
        is_last = _is_last(message)
        if not goes_on:
            await send(message)
        if is_last:
            self._has_ended = True
            self._is_gone = self._is_gone or not goes_on
            if self._receiver is not None:
                self._receiver.cancel()


class _Websocket(QuickWebsocket):
    """A websocket that frees a place in the queue for each message that the view receives.

    Once it is accepted, the view may wait for longer in all than a request.
    """

    async def accept(self, headers: dict[str, str] | Headers | None = None, subprotocol: str | None = None) -> None:
        await super().accept(headers, subprotocol)
        waiting_time.end()

    async def receive(self) -> str | bytes:
        message = await super().receive()
        scope = cast("dict[str, Any]", self.scope)
        scope[_UNREAD].popleft()
        scope[_TURNS].release()
        return message


def init_app(app: Quart) -> None:
    """Bound the queues of all websockets of this application, and do not wait for clients after the end."""
    app.asgi_websocket_class = partial(_Connection, Departures())  # type: ignore[assignment]
    app.websocket_class = _Websocket


def _is_last(message: ASGISendEvent) -> bool:
    """Whether this message closes the websocket, or ends the response that refuses it."""
    if message["type"] == "websocket.http.response.body":
        return not message["more_body"]
    return message["type"] == "websocket.close"
