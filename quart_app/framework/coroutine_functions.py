"""Hooks, views and signal receivers that are recognised as coroutine functions without asking ``inspect``.

Quart calls ``ensure_async`` for each hook, view, context processor and session method of a request, and each time
``asyncio.iscoroutinefunction`` makes eight calls to find out what the code object of the function has as a flag.

Written for Quart 0.22 and 0.23, of which it overrides the public method ``ensure_async``, for any application.
Whatever is no plain coroutine function, or a method that is one, is left to Quart. If Quart remembers the answer
itself, remove this module.
"""

from __future__ import annotations

from inspect import CO_COROUTINE
from types import FunctionType, MethodType
from typing import Any

from quart import Quart


class QuickHooks(Quart):
    """Quart, in which coroutine functions are recognised at a glance."""

    def ensure_async(self, func: Any) -> Any:
        """The function itself if it is a coroutine function; otherwise one that runs it in a thread."""
        plain = func.__func__ if type(func) is MethodType else func
        if type(plain) is FunctionType and plain.__code__.co_flags & CO_COROUTINE:
            return func
        return super().ensure_async(func)
