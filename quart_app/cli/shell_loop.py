"""The event loop of ``shell``, in another thread, because the main thread blocks while it reads input."""

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

_WAIT_INTERVAL = 0.2  # seconds: a signal that arrives just before a wait is handled only after it


class Loop:
    """An event loop that runs in another thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._task: asyncio.Task[Any] | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, in the caller's context, and wait for its result. Ctrl+C cancels it.

        Ctrl+C does not raise KeyboardInterrupt meanwhile: inside ``wait`` that could leave the lock of the future held,
        and the other thread could never set the result.
        """
        with _at_sigint(lambda *_: self.loop.call_soon_threadsafe(self._cancel)):
            result = asyncio.run_coroutine_threadsafe(self._supervise(work), self.loop)
            while not result.done():
                wait([result], timeout=_WAIT_INTERVAL)
        return result.result()

    async def _supervise(self, work: Coroutine[Any, Any, T]) -> T:
        self._task = asyncio.current_task()
        return await work

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


@contextmanager
def loop_thread() -> Iterator[Loop]:
    """A running loop, until the end of the block. Ctrl+C raises KeyboardInterrupt there, whatever it did before."""
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
    """Call a function at each Ctrl+C until the end of the block."""
    before = signal.signal(signal.SIGINT, do)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
