"""How the application's callbacks are called, sync or async.

A sync callback that is called from the event loop runs in a thread, as every sync function in Quart does.
Callables that hide their kind (``functools.partial``, objects with an async ``__call__``, lambdas) are recognised
by what they return.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from inspect import CO_COROUTINE, isawaitable, iscoroutine, iscoroutinefunction
from types import FunctionType
from typing import Any

from quart import Quart

from .errors import UserNotLoaded

_cached = lru_cache(maxsize=64)(iscoroutinefunction)  # which makes ten calls to find out


def _is_async(callback: Callable[..., Any]) -> bool:
    try:
        return _cached(callback)
    except TypeError:  # not hashable
        return iscoroutinefunction(callback)


def call(app: Quart, callback: Callable[..., Any], *args: Any) -> Awaitable[Any]:
    """Call *callback* from the event loop; await its result."""
    if type(callback) is FunctionType and callback.__code__.co_flags & CO_COROUTINE:  # as most are: no call to ask
        coroutine: Awaitable[Any] = callback(*args)
        return coroutine
    return callback(*args) if _is_async(callback) else _call_in_thread(app, callback, *args)


async def _call_in_thread(app: Quart, callback: Callable[..., Any], *args: Any) -> Any:
    result = await app.ensure_async(callback)(*args)
    return await result if isawaitable(result) else result


async def call_now(app: Quart, callback: Callable[..., Any], *args: Any) -> Any:
    """Call *callback*, which must be sync, without suspending.

    Raises:
        UserNotLoaded: it is async, and no event loop can await it here.
    """
    if _is_async(callback):
        raise UserNotLoaded
    result = callback(*args)
    if isawaitable(result):
        if iscoroutine(result):
            result.close()
        raise UserNotLoaded
    return result
