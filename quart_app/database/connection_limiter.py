"""A limit on how many tasks use the database at once, and a fair queue for the others."""

from __future__ import annotations

from asyncio import CancelledError, Semaphore, Task, create_task, get_running_loop, wait
from typing import Literal

from quart_app.waiting_time import Waiting

ACQUIRE_TIMEOUT = 3.0  # seconds in the queue, however fast it moves


class ConnectionLimiter(Semaphore):
    """A semaphore that lets *limit* tasks in at once; the others wait in a queue, first in, first out, or give up.

    SQLAlchemy's pool is not fair: a task that arrives when a connection is returned overtakes those that wait. With
    128 clients at once some waited for more than a second there; with this queue none waited for half a second.

    A long queue that moves is worth waiting in. A queue that does not move is given up early, because whatever holds
    all connections will not return them soon.

    Arguments:
        limit: the number of tasks inside at once.
        stall_timeout: seconds in which nobody leaves the queue, after which all tasks in it give up.

    Raises:
        TimeoutError: on entering; the queue did not move for *stall_timeout*, this task waited for
            :data:`ACQUIRE_TIMEOUT`, or the waiting time of its request is over.
    """

    def __init__(self, limit: int, *, stall_timeout: float) -> None:
        super().__init__(limit)
        self._stall_timeout = stall_timeout
        self._moved_at = 0.0

    async def acquire(self) -> Literal[True]:
        """Enter; ``async with`` does so, too."""
        if not self.locked():
            return await super().acquire()
        async with Waiting():
            await self._wait_in_queue()
        return True

    async def _wait_in_queue(self) -> None:
        now = get_running_loop().time
        entered_at = now()
        acquiring = create_task(super().acquire())
        try:
            while not acquiring.done() and (rest := self._deadline(entered_at) - now()) > 0:
                await wait({acquiring}, timeout=rest)
        except CancelledError:
            self._abandon(acquiring)
            raise
        if not acquiring.done():
            self._abandon(acquiring)
            raise TimeoutError("No database connection became free in time.")
        self._moved_at = now()

    def _deadline(self, entered_at: float) -> float:
        return min(max(entered_at, self._moved_at) + self._stall_timeout, entered_at + ACQUIRE_TIMEOUT)

    def _abandon(self, acquiring: Task[Literal[True]]) -> None:
        if acquiring.done():
            self.release()
        acquiring.cancel()
