"""The moment at which the server begins to stop, for the parts of the application that hold connections open.

Quart's ``after_serving`` comes too late: Hypercorn waits for all connections first, and a websocket ends only when its
client leaves. So Hypercorn would wait for its whole ``graceful_timeout`` and then cut the websockets off.

Workers of ``quart_app.serve`` announce the moment. Other servers do not, so they wait for that timeout.
"""

from __future__ import annotations

from collections.abc import Callable

from .extension import Extension


class ServerStop:
    """Callbacks for the moment at which the server begins to stop."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []

    def call(self, callback: Callable[[], None]) -> None:
        """Register a callback, which runs in the event loop when the server begins to stop."""
        self._callbacks.append(callback)

    def announce(self) -> None:
        """Run the callbacks in their order. The server calls this before it waits for open connections."""
        for callback in self._callbacks:
            callback()


current_server_stop = Extension[ServerStop]("quart_app.server_stop")
"""The moment at which the server of the application that is running now begins to stop."""
