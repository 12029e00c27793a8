"""Hearing that the server stops, in time to say goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


def call_at_server_stop(callback: Callable[[], None]) -> None:
    """Have this called when Hypercorn begins to stop. To be called while it serves.

    Hypercorn tells the application only after all connections have ended. A websocket does not end by itself, so it
    would wait for its whole ``graceful_timeout``, and then cut them off. It waits for its signal in a task, and the
    end of that task is what we listen for. Should another version do it otherwise, it is the timeout again.
    """
    for task in asyncio.all_tasks():
        if getattr(task.get_coro(), "__qualname__", "") == "raise_shutdown":
            task.add_done_callback(lambda _task: callback())
