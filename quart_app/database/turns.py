"""Who has a connection now, and who waits for one."""

from __future__ import annotations

from asyncio import CancelledError, Semaphore, Task, create_task, get_running_loop, wait
from types import TracebackType
from typing import Literal

LONGEST = 3.0  # seconds in a line, however it moves


class Turns:
    """So many at once; all others wait in line.

    A pool of connections has no line: who comes at the right moment passes those who wait. With 128 clients at once
    some waited for more than a second there, and nobody for half of one here.

    A crowd is worth waiting for, as it is served one after the other. A line that stands still is left soon: what
    holds all connections will not let go of them.

    Arguments:
        at_once: how many have a turn.
        standstill: seconds in which nobody gets one, after which those who wait give up.

    Raises:
        TimeoutError: on entering; the line stood still, or three seconds in it were not enough.
    """

    def __init__(self, at_once: int, *, standstill: float) -> None:
        self._free = Semaphore(at_once)
        self._standstill = standstill
        self._moved_at = 0.0

    async def __aenter__(self) -> None:
        if self._free.locked():
            await self._wait_in_line()
        else:
            await self._free.acquire()

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._leave()

    async def _wait_in_line(self) -> None:
        now = get_running_loop().time
        began = now()
        turn = create_task(self._free.acquire())
        try:
            while not turn.done() and (rest := self._patience_ends(began) - now()) > 0:
                await wait({turn}, timeout=rest)
        except CancelledError:
            self._give_up(turn)
            raise
        if not turn.done():
            self._give_up(turn)
            raise TimeoutError("There was no connection to the database in time.")
        self._moved_at = now()

    def _patience_ends(self, began: float) -> float:
        return min(max(began, self._moved_at) + self._standstill, began + LONGEST)

    def _give_up(self, turn: Task[Literal[True]]) -> None:
        if turn.done():
            self._leave()
        turn.cancel()

    def _leave(self) -> None:
        self._free.release()
