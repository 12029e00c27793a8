"""How long tasks wait in the queue for a connection, with a simulated clock."""

from __future__ import annotations

import asyncio

import pytest

from quart_app.database.connection_limiter import ConnectionLimiter
from tests.app.simulated_clock import play


async def work(limiter: ConnectionLimiter, seconds: float) -> float:
    """Hold the limiter for this long; return when it was acquired."""
    async with limiter:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
    return began


def test_one_after_the_other() -> None:
    """At most *limit* tasks are inside at once, and the others follow in the order in which they came."""

    async def story() -> None:
        limiter = ConnectionLimiter(2, stall_timeout=1)
        assert await asyncio.gather(*(work(limiter, 0.5) for _ in range(6))) == [0, 0, 0.5, 0.5, 1, 1]

    play(story)


def test_a_queue_that_stands_still() -> None:
    """If nobody leaves the queue for a second, the tasks in it give up."""

    async def story() -> None:
        limiter = ConnectionLimiter(1, stall_timeout=1)
        holds = asyncio.create_task(work(limiter, 10))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await work(limiter, 0)
        assert asyncio.get_running_loop().time() == pytest.approx(1)
        holds.cancel()

    play(story)


def test_a_queue_that_moves() -> None:
    """A task waits for three seconds in a queue that moves, and not longer."""

    async def story() -> None:
        limiter = ConnectionLimiter(1, stall_timeout=1)
        answers = await asyncio.gather(*(work(limiter, 0.9) for _ in range(6)), return_exceptions=True)
        assert answers[:4] == pytest.approx([0, 0.9, 1.8, 2.7])
        assert [type(answer) for answer in answers[4:]] == [TimeoutError] * 2

    play(story)


@pytest.mark.parametrize("steps", range(12))
def test_cancelled_at_any_moment(steps: int) -> None:
    """Whenever a waiting task is cancelled, no place is lost, and none is given twice."""

    async def story() -> None:
        limiter = ConnectionLimiter(1, stall_timeout=1)
        first = asyncio.create_task(work(limiter, 0))
        leaving = asyncio.create_task(work(limiter, 0))
        last = asyncio.create_task(work(limiter, 0))
        for _ in range(steps):
            await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(first, leaving, last, return_exceptions=True)
        assert first.done()
        assert not last.cancelled()
        now = asyncio.get_running_loop().time()
        assert await asyncio.gather(*(work(limiter, 0.5) for _ in range(2))) == [now, now + 0.5]

    play(story)
