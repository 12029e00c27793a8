"""Removes the cookies of requests to the API and of websockets that come from other origins: a token is what counts.

A page of another origin, a mobile application in a web view (``capacitor://localhost``) and a program may all use the
API. What they must not use is the login that a browser has here by its cookies, which it sends along by itself. So
these are removed in front of Quart, where nothing has read them yet, and ``cross_site`` then has nothing to refuse:

- of a request to the API that comes from another site, if it has a bearer token or an allowed origin;
- of a websocket with a bearer token or an allowed origin. A page's token (``SUBPROTOCOL``) counts from this site, from
  an allowed origin and without ``Origin``; one in ``Authorization``, which only programs can send, from everywhere.

``API_ALLOWED_ORIGINS`` has the allowed origins; ``cors`` tells browsers about them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from typing import Any

from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPScope,
    Scope,
    WebsocketScope,
)

from quart_app.application import Application
from quart_app.faces import is_bearer, mark_token_only, will_be_for_api
from quart_app.sessions.bearer import token_among

from .cross_site import is_cross_site, is_own_origin


def init_app(app: Application) -> None:
    """Look at every request and websocket of this application."""
    served: Any = OtherOrigins(app.asgi_app, app.settings.api_allowed_origins)
    app.asgi_app = served  # type: ignore[method-assign] # Quart's own place for middleware


class OtherOrigins:
    """ASGI middleware that removes such cookies.

    Arguments:
        app: the application behind it.
        allowed: the origins whose pages may use the API, as browsers send them.
    """

    def __init__(self, app: ASGIFramework, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Awaitable[None]:
        """Pass on everything: what is awaited for it is the application's own coroutine."""
        if scope["type"] == "websocket":
            if self._is_token_only_websocket(scope, _headers(scope)):
                _remove_cookies(scope)
        elif scope["type"] == "http" and will_be_for_api(scope):
            headers = _headers(scope)
            may_be = is_bearer(headers.get("authorization")) or headers.get("origin") in self._allowed
            if may_be and _is_from_another_site(scope, headers):
                _remove_cookies(scope)
        return self._app(scope, receive, send)

    def _is_token_only_websocket(self, scope: WebsocketScope, headers: dict[str, str]) -> bool:
        authorization = headers.get("authorization")
        if authorization is not None and is_bearer(authorization):
            return True
        origin = headers.get("origin")
        requested = scope.get("subprotocols")  # optional (ASGI 3.0, websocket connection scope)
        has_token = bool(requested) and token_among([*requested]) is not None
        if not has_token and origin not in self._allowed:
            return False
        is_own = is_own_origin(origin, scheme=scope["scheme"], host=headers.get("host", ""))
        return (origin in self._allowed and not is_own) or (has_token and (origin is None or is_own))


def _headers(scope: HTTPScope | WebsocketScope) -> dict[str, str]:
    """The headers by name, in lower case; of several with one name the first, as in Quart."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reversed([*scope["headers"]])}


def _is_from_another_site(scope: HTTPScope, headers: dict[str, str]) -> bool:
    return is_cross_site(
        scheme=scope["scheme"],
        host=headers.get("host", ""),
        origin=headers.get("origin"),
        fetch_site=headers.get("sec-fetch-site"),
    )


def _remove_cookies(scope: HTTPScope | WebsocketScope) -> None:
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() != b"cookie"]
    mark_token_only(scope)
