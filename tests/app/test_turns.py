"""How long one waits in line for a connection, on a clock that is moved."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from quart_app.database.turns import Turns


class _Moving(selectors.DefaultSelector):
    """Instead of waiting it moves the clock on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it on a loop whose clock does not take the time that it shows."""
    selector = _Moving()

    def make_loop() -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(selector)
        loop.time = lambda: selector.now  # type: ignore[method-assign]
        return loop

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(story())


async def work(turns: Turns, seconds: float) -> float:
    """When one whose work takes so long got a turn."""
    async with turns:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
    return began


def test_one_after_the_other() -> None:
    """As many at once as there are turns, and the others in the order in which they came."""

    async def story() -> None:
        turns = Turns(2, standstill=1)
        assert await asyncio.gather(*(work(turns, 0.5) for _ in range(6))) == [0, 0, 0.5, 0.5, 1, 1]

    play(story)


def test_a_line_that_stands_still() -> None:
    """If nobody gets a turn for a second, those who wait give up."""

    async def story() -> None:
        turns = Turns(1, standstill=1)
        holds = asyncio.create_task(work(turns, 10))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await work(turns, 0)
        assert asyncio.get_running_loop().time() == pytest.approx(1)
        holds.cancel()

    play(story)


def test_a_line_that_moves() -> None:
    """It is waited in for three seconds, and not longer."""

    async def story() -> None:
        turns = Turns(1, standstill=1)
        answers = await asyncio.gather(*(work(turns, 0.9) for _ in range(6)), return_exceptions=True)
        assert answers[:4] == pytest.approx([0, 0.9, 1.8, 2.7])
        assert [type(answer) for answer in answers[4:]] == [TimeoutError] * 2

    play(story)


@pytest.mark.parametrize("steps", range(12))
def test_who_goes_away(steps: int) -> None:
    """Whenever somebody leaves the line, no turn is lost, and none is given twice."""

    async def story() -> None:
        turns = Turns(1, standstill=1)
        first = asyncio.create_task(work(turns, 0))
        leaving = asyncio.create_task(work(turns, 0))
        last = asyncio.create_task(work(turns, 0))
        for _ in range(steps):
            await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(first, leaving, last, return_exceptions=True)
        assert first.done()
        assert not last.cancelled()
        now = asyncio.get_running_loop().time()
        assert await asyncio.gather(*(work(turns, 0.5) for _ in range(2))) == [now, now + 0.5]

    play(story)
