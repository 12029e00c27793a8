"""Bearer tokens (RFC 6750), for programs that keep no cookies, and for pages of other origins.

A token is the handle of a login session, signed by Quart-Auth under a salt of its own: a cookie cannot be used as
a token, nor a token as a cookie. Its age does not matter: the row of the login session decides when it expires.
"""

from __future__ import annotations

from collections.abc import Sequence

from itsdangerous import BadData
from quart import Request, Websocket
from quart_auth import QuartAuth

from quart_app.faces import is_api_path
from quart_app.models.user import User

from .lookup import find_user

SUBPROTOCOL = "bearer"
"""The subprotocol of a websocket that a page opens by ``new WebSocket(url, ["bearer", token])``: there is no other
header that a page can set. Unlike a query string it gets into no log and no history."""

# Used for its tokens only. It is never bound to an application, because its hooks would load a user, too.
_tokens = QuartAuth(mode="bearer", salt="microblog bearer token", singleton=False)


def make_bearer_token(handle: str) -> str:
    """The token of the login session with this handle."""
    return _tokens.dump_token(handle)


def handle_of_token(token: str) -> str | None:
    """The handle in a token; None if it was signed neither with the secret key nor with one of the fallbacks."""
    try:
        handle: object = _tokens.load_token(token)
    except (BadData, UnicodeError):  # signed, but not JSON; or not text
        return None
    return handle if isinstance(handle, str) else None


def sent_bearer_token(connection: Request | Websocket) -> str | None:
    """The bearer token of a request to the API or of a websocket; None if there is none, or for a page.

    Pages accept only cookies, because their protection against cross-site requests is made for cookies. A websocket has
    it in ``Authorization``, or else as a :data:`SUBPROTOCOL`.
    """
    if isinstance(connection, Request) and not is_api_path(connection.path):
        return None
    try:
        sent = connection.authorization
    except ValueError:  # Werkzeug's own: "Basic" and something that is not ASCII
        sent = None
    if sent is not None and sent.type == "bearer":
        return sent.token or ""
    return token_among(connection.requested_subprotocols) if isinstance(connection, Websocket) else None


async def find_user_of_token(connection: Request | Websocket) -> User | None:
    """The user of the bearer token of a request to the API, or of a websocket; None if there is none."""
    token = sent_bearer_token(connection)
    handle = None if token is None else handle_of_token(token)
    return None if handle is None else await find_user(handle, bearer=True)


def token_among(subprotocols: Sequence[str]) -> str | None:
    """The bearer token among the subprotocols that a websocket requests: the second of two, after SUBPROTOCOL."""
    return subprotocols[1] if len(subprotocols) == 2 and subprotocols[0] == SUBPROTOCOL else None


def accepted_subprotocol(websocket: Websocket) -> str | None:
    """The subprotocol to accept a websocket with: browsers close one that accepts none of those they requested."""
    return None if token_among(websocket.requested_subprotocols) is None else SUBPROTOCOL
