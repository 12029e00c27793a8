"""What a request or websocket is for: the API or a page, a program or a page's script, and whether its cookies count.

All have the same users, rules and login sessions. Their responses differ, above all for errors.
"""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlparse

from hypercorn.typing import HTTPScope, WebsocketScope
from quart import Request, Websocket, has_request_context, has_websocket_context, request, websocket

API = "/api"
_TOKEN_ONLY = "quart_app.token_only"  # noqa: S105 - a key of ASGI scopes


def is_for_api() -> bool:
    """Whether the current request is for the API: any path below ``/api``, including unknown ones."""
    return has_request_context() and is_api_path(request.path)


def is_api_path(path: str) -> bool:
    """Whether a path belongs to the API."""
    return path == API or path.startswith(f"{API}/")


def will_be_for_api(scope: HTTPScope) -> bool:
    """Whether a request will be for the API when Quart has it.

    Quart and Werkzeug look up the path of ``http://host/path`` (RFC 9112, 3.2.2), and with one first slash. With
    another reading here a request would have cookies at the API, if only its path were spelled ``//api``.
    """
    path = path_in_application(scope)
    if not path.startswith("/"):
        path = urlparse(path).path
    return is_api_path("/" + path.lstrip("/"))


def path_in_application(scope: HTTPScope) -> str:
    """The path without ``root_path``, which it begins with (ASGI 3.0, HTTP connection scope).

    A path outside of it stays as it is: a load balancer may ask the port itself, and knows no mount.
    """
    return scope["path"].removeprefix(_mount(scope)) if is_below_mount(scope) else scope["path"]


def is_below_mount(scope: HTTPScope | WebsocketScope) -> bool:
    """Whether the path is below ``root_path``: ``/sub/login`` is below ``/sub``, and ``/sublogin`` is not."""
    mount = _mount(scope)
    return not mount or scope["path"].startswith(f"{mount}/")


def _mount(scope: HTTPScope | WebsocketScope) -> str:
    return scope.get("root_path", "").rstrip("/")


def is_from_program() -> bool:
    """Whether the current connection is a websocket that a program opens, which can read why it is refused."""
    if not has_websocket_context():
        return False
    return is_program(origin=websocket.headers.get("Origin"), authorization=websocket.headers.get("Authorization"))


def is_program(*, origin: str | None, authorization: str | None) -> bool:
    """Whether a websocket with these headers is opened by a program and not by a page.

    Browsers always send ``Origin`` (RFC 6455, section 4.1), and no page can send a bearer token in ``Authorization``.
    """
    return origin is None or is_bearer(authorization)


def is_bearer(authorization: str | None) -> bool:
    """Whether the value of an ``Authorization`` header is a bearer token, valid or not."""
    return authorization is not None and authorization.partition(" ")[0].lower() == "bearer"


def mark_token_only(scope: HTTPScope | WebsocketScope) -> None:
    """Mark a request or a websocket whose cookies have been removed: only a bearer token can say who sent it.

    Without cookies a browser adds nothing to the request of another site that says who its user is, so there is no
    forgery to refuse; and such a request gets no cookies.
    """
    cast("dict[str, Any]", scope)[_TOKEN_ONLY] = True


def is_token_only(connection: Request | Websocket) -> bool:
    """Whether the cookies of a request or a websocket were removed."""
    return _TOKEN_ONLY in connection.scope
