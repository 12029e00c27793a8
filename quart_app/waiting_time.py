"""How long one request may wait in all for what it shares with other requests.

A request waits several times, one after the other: for a count in Redis, for other logins with the same name, for a
thread that hashes, for a connection to the database, and for each of its answers. Each wait has a timeout of its own,
and all of them together have this one: whatever is slow, the answer comes before clients give up. Time in which a
client sends its request is not counted.

It ends when the answer begins: a websocket has it for its handshake, and a streamed response until its first byte. Of
what they wait for later, each wait has its own timeout only.
"""

from __future__ import annotations

from asyncio import Future, Timeout, get_running_loop, timeout
from contextvars import ContextVar, copy_context
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

WAITING_TIME = 3.0
"""Seconds that a request may wait in all, unless a setting says otherwise. httpx gives up after 5 s by default."""


class Budget:
    """What is left of the waiting time of one request.

    Attributes:
        whole: in seconds, when the request began.
        left: in seconds, when the current wait began.
        ends_at: when the current wait has to be over, by the clock of the event loop; infinity between two waits.
    """

    __slots__ = ("ends_at", "left", "whole")

    def __init__(self, seconds: float) -> None:
        self.whole = self.left = seconds
        self.ends_at = inf

    def left_at(self, now: float) -> float:
        """Seconds that are left."""
        return min(self.left, self.ends_at - now)

    def end_wait(self, now: float, *, keep: float = 0.0) -> None:
        """Take the current wait from what is left; seconds that it was to leave are there even if it ended late."""
        self.left = max(self.left_at(now), min(keep, self.left))
        self.ends_at = inf


current_budget: ContextVar[Budget | None] = ContextVar("quart_app.waiting_time", default=None)
"""The budget of the current request; None after its answer has begun, and without a request."""


async def begin(seconds: float | None = None) -> None:
    """Begin the waiting time of a request or of a websocket's handshake, as an early check of Quart.

    Arguments:
        seconds: None for :data:`WAITING_TIME`.
    """
    current_budget.set(Budget(WAITING_TIME if seconds is None else seconds))


def end() -> None:
    """End the waiting time of the current request or handshake, because its answer begins."""
    current_budget.set(None)


def seconds_in_all() -> float:
    """Seconds after which each request that waits now has been answered."""
    budget = current_budget.get()
    return WAITING_TIME if budget is None else budget.whole


def seconds_left() -> float:
    """Seconds that the current request may still wait; infinity after its answer has begun, and without a request."""
    budget = current_budget.get()
    return inf if budget is None else budget.left_at(get_running_loop().time())


def call_without_limit(function: Callable[[], None]) -> None:
    """Call a function whose new tasks have no part in the waiting time of the current request."""
    context = copy_context()
    context.run(current_budget.set, None)
    context.run(function)


async def in_time(future: Future[Result]) -> Result:
    """Wait for a future as in a block of :class:`Waiting`; it costs a third, and every page waits for its user so.

    Raises:
        TimeoutError: the time is over; the future has this error.
    """
    budget = current_budget.get()
    if budget is None:
        return await future
    loop = get_running_loop()
    is_outermost = budget.ends_at == inf
    if is_outermost:
        budget.ends_at = loop.time() + budget.left
    timer = loop.call_at(budget.ends_at, _give_up, future)
    try:
        return await future
    finally:
        timer.cancel()
        if is_outermost:
            budget.end_wait(loop.time())


def _give_up(future: Future[Any]) -> None:
    if not future.done():
        future.set_exception(TimeoutError())


class Waiting:
    """An async context manager around one wait. It may contain others, whose time is not counted twice.

    Arguments:
        limit: seconds that this wait may take, if there are as many left; None is all that is left.
        keep: seconds that this wait leaves to those after it.

    Raises:
        TimeoutError: the time is over; what runs in the block is cancelled.
    """

    __slots__ = ("_budget", "_keep", "_limit", "_timeout")

    def __init__(self, limit: float | None = None, *, keep: float = 0.0) -> None:
        self._limit = limit
        self._keep = keep
        self._budget: Budget | None = None

    async def __aenter__(self) -> None:
        seconds = self._limit
        budget = current_budget.get()
        if budget is not None:
            now = get_running_loop().time()
            left = budget.left_at(now) - self._keep
            seconds = left if seconds is None else min(seconds, left)
            if budget.ends_at == inf:
                budget.ends_at = now + budget.left
                self._budget = budget
        self._timeout: Timeout = timeout(seconds)
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._budget is not None:
            self._budget.end_wait(get_running_loop().time(), keep=self._keep)
        await self._timeout.__aexit__(kind, error, traceback)
