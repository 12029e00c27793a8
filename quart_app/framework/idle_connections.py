"""Connections that wait for a request are watched half a second later than Hypercorn does it.

Hypercorn watches each such connection, for ``keep_alive_timeout`` and for the end of the server. That is a task, on
Python 3.11 two, before and after each request, and most are cancelled by the next request milliseconds later. Here a
timer comes first, which costs a fraction of that. So an idle connection lives half a second longer than
``keep_alive_timeout``, and one that has just become idle when the server stops delays it by as much at most.

Written for Hypercorn 0.18, of which it replaces a name in the module of its TCP connections; there is no setting. If
that name goes, the assignment has no effect and ``tests/serving/test_idle_connections.py`` fails: then remove this
module and its uses. Everything works without it, more slowly.
"""

from __future__ import annotations

from asyncio import CancelledError, Task, TimerHandle, create_task, get_running_loop
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from hypercorn.asyncio import tcp_server

DELAY = 0.5
"""Seconds that a connection is idle before it is watched."""


class LateTask:
    """A task that starts after a delay, unless it is stopped before: Hypercorn's ``AsyncioSingleTask``, but later."""

    def __init__(self) -> None:
        self._last: object = None  # the action that was asked for last; None after a stop
        self._timer: TimerHandle | None = None
        self._task: Task[None] | None = None

    async def restart(self, _task_group: object, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Stop what runs, and run *action* after the delay."""
        self._last = action
        await self._cancel()
        if self._last is action:  # and nothing else was asked for meanwhile
            self._timer = get_running_loop().call_later(DELAY, self._start, action)

    async def stop(self) -> None:
        """Start nothing any more, and cancel what has started."""
        self._last = None
        await self._cancel()

    async def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        task, self._timer, self._task = self._task, None, None
        if task is not None:
            task.cancel()
            with suppress(CancelledError):
                await task

    def _start(self, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._timer, self._task = None, create_task(action())


def watch_idle_connections_late() -> None:
    """Watch the idle connections of this process late. Call it only in a process that serves."""
    tcp_server.AsyncioSingleTask = LateTask  # type: ignore[assignment, attr-defined]
