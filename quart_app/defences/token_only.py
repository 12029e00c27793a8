"""The mark of requests and websockets whose cookies do not count: only a bearer token can say who sent them.

``other_origins`` sets it, in the ASGI scope, when it removes the cookies. Without cookies a browser adds nothing to the
request of another site that says who its user is, so there is no forgery to refuse; and such a request gets no cookies.
"""

from __future__ import annotations

from typing import Any, cast

from hypercorn.typing import HTTPScope, WebsocketScope
from quart import Request, Websocket

_MARK = "quart_app.token_only"


def mark_token_only(scope: HTTPScope | WebsocketScope) -> None:
    """Mark a request or a websocket; its cookies must have been removed."""
    cast("dict[str, Any]", scope)[_MARK] = True


def is_token_only(connection: Request | Websocket) -> bool:
    """Whether the cookies of a request or a websocket were removed."""
    return _MARK in connection.scope
