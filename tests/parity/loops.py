"""The event loops on which a Quart application is played: asyncio's, and Trio's with Quart-Trio."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

import trio
from quart import Quart
from quart_trio import QuartTrio


@dataclass(frozen=True)
class Loop:
    """An event loop, and what fits it."""

    application_class: type[Quart]
    #: Lets other tasks run.
    checkpoint: Callable[[], Awaitable[None]]
    #: Runs a coroutine to its end.
    run: Callable[[Coroutine[Any, Any, Any]], Any]


def asyncio_loop(runner: asyncio.Runner) -> Loop:
    """The event loop of *runner*."""
    return Loop(Quart, partial(asyncio.sleep, 0), runner.run)


def trio_loop() -> Loop:
    """Trio, started anew for each coroutine."""

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        async def main() -> Any:
            return await coroutine

        return trio.run(main)

    return Loop(QuartTrio, trio.lowlevel.checkpoint, run)
