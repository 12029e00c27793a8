"""The moment at which the server begins to stop, for the parts of the application that hold connections open.

Quart's ``after_serving`` is no help to them: Hypercorn waits for all connections first, and a websocket ends by itself
only when its client leaves. So it would wait for its whole ``graceful_timeout`` and then cut the websockets off.

Workers of ``quart_app.serve`` announce the moment. Another server does not, so there it is that timeout.
"""

from __future__ import annotations

from collections.abc import Callable

from .extension import Extension


class ServerStop:
    """What is to be done when the server begins to stop."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []

    def call(self, callback: Callable[[], None]) -> None:
        """Have *callback* called, in the event loop, when the server begins to stop."""
        self._callbacks.append(callback)

    def announce(self) -> None:
        """Call what was registered, in that order; to be called by the server, before it waits for connections."""
        for callback in self._callbacks:
            callback()


current_server_stop = Extension[ServerStop]("quart_app.server_stop")
"""The moment at which the server of the application that is running now begins to stop."""
