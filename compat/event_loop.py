"""The event loop that the application runs on: asyncio's, or Trio's with Quart-Trio. Nothing here imports Trio.

Each function asks asyncio first, which costs a call and no more; Trio is looked for only where that fails.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from quart import Quart


def running_loop() -> object:
    """The event loop that runs, for ``call_soon``."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _trio().lowlevel.current_trio_token()


def call_soon(loop: Any, function: Callable[[], object]) -> None:
    """Call *function* soon on *loop*; this may be called from any thread."""
    call: Callable[[Callable[[], object]], object] = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon
    call(function)


def is_supported(app: Quart) -> bool:
    """Whether *app* can run on the event loop that runs: Quart on asyncio only, Quart-Trio's applications on Trio only.

    Quart names the lock of its event loop in ``lock_class``, which Quart-Trio changes.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return not issubclass(app.lock_class, asyncio.Lock)
    return issubclass(app.lock_class, asyncio.Lock)


def _trio() -> Any:
    """Trio, which is imported already if it runs this code; elsewhere asyncio's error is the right one."""
    if "trio" not in sys.modules:
        asyncio.get_running_loop()
    return sys.modules["trio"]
