"""The event loop that the application runs on: asyncio's, or Trio's with Quart-Trio. Nothing here imports Trio.

Each function asks asyncio first, which costs a call and no more; Trio is looked for only where that fails.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from quart import Quart

#: Calls a function soon on the event loop; it may be called from any thread.
Scheduler: TypeAlias = Callable[[Callable[[], object]], object]


def current_task() -> object:
    """The running task, to be compared with ``is``."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return _trio().lowlevel.current_task()


def scheduler() -> Scheduler:
    """What calls a function soon on the event loop that runs."""
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        run_soon: Scheduler = _trio().lowlevel.current_trio_token().run_sync_soon
        return run_soon


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
