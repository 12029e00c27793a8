"""Websockets that go on after their view has returned, without what Quart holds for a view.

While a view runs, Quart keeps two tasks, a queue, both contexts, the headers, the session and the user: about as much
memory as the connection itself. A websocket that only sends needs none of it once it is accepted. So its view calls
:func:`continue_with` and returns: Quart's hooks run, its contexts end, and the function goes on with ASGI's own
``receive`` and ``send`` in the server's task.

Written for Quart 0.22 and 0.23, of which it uses only ASGI messages; ``websocket_backpressure`` calls the function.
Each websocket takes 22 KiB less memory. If Quart closes a websocket in another way when its view returns,
``tests/app/test_websocket_continuation.py`` fails; a view may always stay open instead, as in ``docs/websockets.md``.
"""

from __future__ import annotations

from asyncio import Semaphore, sleep
from collections.abc import Awaitable, Callable
from typing import Any, cast

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart import websocket

Continuation = Callable[[ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]

DEPARTURES = 8
"""How many websockets are cleaned up at one turn of the event loop, however many clients leave at the same moment."""

CONTINUATION = "quart_app.websocket_continuation"
"""The key of the function in the scope."""


def continue_with(function: Continuation) -> None:
    """Have *function* serve the current websocket when its view has returned. Call it before ``accept()``.

    It is called in every case, so it can free what the view has allocated: if the client has left or the websocket is
    refused, its first ``receive()`` returns a disconnect. Messages that the view has not received come first. It has to
    send ``websocket.close`` itself, unless the client has disconnected: the view's own close is not sent.
    """
    cast("dict[str, Any]", websocket.scope)[CONTINUATION] = function


class Departures:
    """Lets websockets whose clients have left end a few at a time, so that requests are answered in between.

    When ten thousand clients left at the same moment, each turn of the event loop cleaned up after all of them, and a
    page, which takes several turns, waited for seconds.
    """

    def __init__(self) -> None:
        self._limiter = Semaphore(DEPARTURES)

    async def wait(self) -> None:
        """Return when it is this websocket's turn to end."""
        async with self._limiter:
            await sleep(0)
