"""The event loop of ``shell``: in another thread, as the one that waits for somebody to type cannot run it."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_LOOK_EVERY = 0.2  # seconds: a signal that comes just before a thread begins to wait would wake it only afterwards


class Loop:
    """An event loop that runs in another thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._task: asyncio.Task[Any] | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run this there, in the context that is current here. Ctrl+C cancels it.

        It raises nothing here meanwhile: an exception amid ``wait`` could leave the lock of the result taken,
        and the other thread would never get rid of what it has found.
        """
        with _at_sigint(lambda *_: self.loop.call_soon_threadsafe(self._cancel)):
            result = asyncio.run_coroutine_threadsafe(self._supervise(work), self.loop)
            while not result.done():
                wait([result], timeout=_LOOK_EVERY)
        return result.result()

    async def _supervise(self, work: Coroutine[Any, Any, T]) -> T:
        self._task = asyncio.current_task()
        return await work

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


@contextmanager
def loop_thread() -> Iterator[Loop]:
    """A loop, until the end of the block. Ctrl+C is a KeyboardInterrupt here meanwhile, whatever it was before."""
    loop = Loop()
    thread = threading.Thread(target=loop.loop.run_forever, name="shell", daemon=True)
    thread.start()
    try:
        with _at_sigint(signal.default_int_handler):
            yield loop
    finally:
        loop.loop.call_soon_threadsafe(loop.loop.stop)
        thread.join()
        loop.loop.close()


@contextmanager
def _at_sigint(do: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Do this at each Ctrl+C until the end of the block."""
    before = signal.signal(signal.SIGINT, do)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
