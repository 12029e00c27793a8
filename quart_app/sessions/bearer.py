"""Bearer tokens (RFC 6750), for programs that keep no cookies.

A token is the handle of a login session, signed by Quart-Auth under a salt of its own: a cookie cannot be used as
a token, nor a token as a cookie. Its age does not matter: the row of the login session decides when it expires.
"""

from __future__ import annotations

from itsdangerous import BadData
from quart import Request, Websocket
from quart_auth import QuartAuth

from quart_app.faces import is_api_path

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

    Pages accept only cookies, because their protection against cross-site requests is made for cookies.
    """
    try:
        sent = connection.authorization
    except ValueError:  # Werkzeug's own: "Basic" and something that is not ASCII
        return None
    if sent is None or sent.type != "bearer" or (isinstance(connection, Request) and not is_api_path(connection.path)):
        return None
    return sent.token or ""
