"""Whether a request is for the API or for a page, and whether a websocket is a program's or a page's.

All have the same users, rules and login sessions. Their responses differ, above all for errors.
"""

from __future__ import annotations

from quart import Websocket, has_request_context, has_websocket_context, request, websocket

API = "/api"


def is_for_api() -> bool:
    """Whether the current request is for the API: any path below ``/api``, including unknown ones."""
    return has_request_context() and is_api_path(request.path)


def is_api_path(path: str) -> bool:
    """Whether a path belongs to the API."""
    return path == API or path.startswith(f"{API}/")


def is_from_program() -> bool:
    """Whether the current connection is a websocket that a program opens, which can read why it is refused."""
    return has_websocket_context() and is_program(websocket)


def is_program(connection: Websocket) -> bool:
    """Whether a websocket is opened by a program and not by a page.

    Browsers always send ``Origin`` (RFC 6455, section 4.1), and no page can send a bearer token in ``Authorization``.
    """
    return "Origin" not in connection.headers or is_bearer(connection.headers.get("Authorization"))


def is_bearer(authorization: str | None) -> bool:
    """Whether the value of an ``Authorization`` header is a bearer token, valid or not."""
    return authorization is not None and authorization.partition(" ")[0].lower() == "bearer"
