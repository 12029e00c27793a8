"""The current request or websocket, read from Quart's context variables instead of through its proxies.

Each page asks for it several times, and a proxy costs four times as much. Written for Quart 0.22 and 0.23, of which it
uses the attributes ``request_websocket``, ``request`` and ``websocket`` of a context, and for ``__wrapped__`` of
Werkzeug 3.1's ``LocalProxy``. If one of them goes, call the proxies.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, ContextVar
from operator import attrgetter
from typing import Any, cast

from quart import Quart, Request, Websocket, current_app, request, session, websocket
from quart.sessions import SessionMixin


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
