"""What the application runs on: Quart's contexts, the event loop, and threads for its sync callbacks.

The current request or websocket is read from Quart's context variables instead of through its proxies: each page asks
for it several times, and a proxy costs four times as much. Written for Quart 0.22 and 0.23, of which it uses the
attributes ``request_websocket``, ``request`` and ``websocket`` of a context, and for ``__wrapped__`` of Werkzeug 3.1's
``LocalProxy``. If one of them goes, call the proxies.

The event loop is asyncio's, or Trio's with Quart-Trio. Nothing here imports Trio: each function asks asyncio first,
which costs a call and no more, and looks for Trio only where that fails.

A sync callback of the application that is called from the event loop runs in a thread, as every sync function in Quart
does. Callables that hide their kind (``functools.partial``, objects with an async ``__call__``, lambdas) are recognised
by what they return.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, ContextVar, copy_context
from functools import lru_cache
from inspect import CO_COROUTINE, isawaitable, iscoroutine, iscoroutinefunction
from operator import attrgetter
from types import FunctionType
from typing import Any, cast

from quart import Quart, Request, Websocket, current_app, request, session, websocket
from quart.sessions import SessionMixin

from .errors import UserNotLoaded

# --- the current request or websocket


def variable_of(proxy: object) -> ContextVar[Any]:
    """The context variable behind *proxy*. In an empty context, ``__wrapped__`` of a proxy is that variable."""
    variable: ContextVar[Any] = Context().run(getattr, proxy, "__wrapped__")
    return variable


#: Where a context has its request. In Quart 0.23 a request shares its context with the application; a context without a
#: request raises RuntimeError there.
_IS_SHARED = variable_of(request) is variable_of(current_app)
REQUEST = "request" if _IS_SHARED else "request_websocket"
#: The same for a websocket.
WEBSOCKET = "websocket" if _IS_SHARED else "request_websocket"

#: The context of the current request. Raises LookupError if there is none.
current_context: Callable[[], Any] = variable_of(request).get
#: The request of such a context.
request_of: Callable[[Any], Request] = attrgetter(REQUEST)
#: The context of the current websocket. Raises LookupError if there is none.
current_websocket_context: Callable[[], Any] = variable_of(websocket).get

# What the proxies themselves call.
current_websocket: Callable[[], Websocket] = cast(Any, websocket)._get_current_object
current_session: Callable[[], SessionMixin] = cast(Any, session)._get_current_object
application: Callable[[], Quart] = cast(Any, current_app)._get_current_object


def current_connection() -> Request | Websocket:
    """The current request or websocket.

    Raises:
        RuntimeError: there is neither.
    """
    try:
        return request_of(current_context())
    except (LookupError, RuntimeError):
        return current_websocket()


_CONNECTIONS = {variable_of(request), variable_of(websocket)}


def kept_connection() -> AbstractContextManager[None]:
    """A block, for another task, in which the request or websocket of here is the current one.

    In Quart 0.23 a background task has an application context of its own, which hides them.
    """
    here = copy_context()
    return _as_current({variable: here[variable] for variable in _CONNECTIONS if variable in here})


@contextmanager
def _as_current(values: dict[ContextVar[Any], Any]) -> Iterator[None]:
    tokens = [(variable, variable.set(value)) for variable, value in values.items()]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


# --- the event loop


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


# --- callbacks

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
