"""Callbacks of the application, sync or async: how they are called.

A sync callback that is called from the event loop runs in a thread, as every sync function in Quart
does. Callables whose kind cannot be seen (``functools.partial``, objects with an async ``__call__``,
lambdas) are recognised by what they return.
"""

from collections.abc import Callable
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any

from quart import Quart

from .errors import UserNotLoaded


async def call(app: Quart, callback: Callable[..., Any], *args: Any) -> Any:
    """Call *callback* from the event loop and return its result."""
    if iscoroutinefunction(callback):
        return await callback(*args)
    result = await app.ensure_async(callback)(*args)
    return await result if isawaitable(result) else result


def call_now(callback: Callable[..., Any], *args: Any) -> Any:
    """Call *callback* from sync code and return its result.

    Raises:
        UserNotLoaded: it is async, and there is nothing here to await it.
    """
    if iscoroutinefunction(callback):
        raise UserNotLoaded
    result = callback(*args)
    if iscoroutine(result):
        result.close()
        raise UserNotLoaded
    return result
