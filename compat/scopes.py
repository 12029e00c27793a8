"""The user of an ASGI scope that Quart does not answer itself: of Socket.IO, or of an application mounted beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Quart
from werkzeug.datastructures import Headers

from .current import current_login, load_user
from .signals import deliver


async def load_user_from_scope(app: Quart, scope: Mapping[str, Any]) -> Any:
    """Load the user whose cookies are in an ASGI scope, and return it; the anonymous user if there is none.

    It is loaded as for a page: by the session, the remember cookie or the request loader, checked by session
    protection, with the same signals; their async receivers are awaited before this returns. Nothing can be written, so
    a login from the remember cookie is restored anew by each call. Each call asks the loader again, so it also tells
    whether a login has ended.

    Behind a proxy give it the scope that the application sees: put the middleware that reads ``X-Forwarded-For``
    around both, or session protection takes the proxy for the client.

    Args:
        app: the application, which has a LoginManager.
        scope: a scope of the type ``http`` or ``websocket``.

    Raises:
        NotInitialised: the application has no LoginManager.
        Exception: whatever a loader, or an async receiver, raised.
    """
    headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
    headers["Remote-Addr"] = (scope.get("client") or ["<local>"])[0]  # as Quart does; it reads the address there
    mount = scope.get("root_path", "")
    request = app.request_class(
        scope.get("method", "GET"),  # a websocket's has none
        scope.get("scheme", "http"),
        scope["path"].removeprefix(mount) or "/",  # the path of a scope begins with the mount
        scope["query_string"],
        headers,
        mount,
        scope.get("http_version", "1.1"),
        scope=scope,  # type: ignore[arg-type]  # Quart calls one of a websocket a scope of another type
        send_push_promise=_push_nothing,
    )
    async with app.request_context(request):
        user = await load_user()
        await deliver(current_login())
        return user


async def _push_nothing(_path: str, _headers: Headers) -> None:
    """A response can push a resource, and there is none."""
