"""Bearer tokens (RFC 6750): what a program without cookies sends with each request to the API.

A token is the handle of a login session, signed by Quart-Auth under a salt of its own: neither a session cookie nor a
remember cookie is a token, nor the other way round. It has no date that matters: its row decides how long it lasts.
"""

from __future__ import annotations

from itsdangerous import BadData
from quart import Request, Websocket
from quart_auth import QuartAuth

from quart_app.faces import is_api_path

# For its tokens alone, and so never given to an application: its hooks would look for a user of their own.
_tokens = QuartAuth(mode="bearer", salt="microblog bearer token", singleton=False)


def make_bearer_token(handle: str) -> str:
    """The token of the login session with this handle."""
    return _tokens.dump_token(handle)


def handle_of_token(token: str) -> str | None:
    """The handle in a token; None if we did not sign it, with the key of today or one of ``SECRET_KEY_FALLBACKS``."""
    try:
        handle: object = _tokens.load_token(token)
    except (BadData, UnicodeError):  # signed, and no JSON; or no text
        return None
    return handle if isinstance(handle, str) else None


def sent_bearer_token(connection: Request | Websocket) -> str | None:
    """The token that came with a request to the API, or a websocket; None if there is none, or it is for a page.

    Pages are for cookies alone: their forms are protected for those.
    """
    if isinstance(connection, Request) and not is_api_path(connection.path):
        return None
    try:
        sent = connection.authorization
    except ValueError:  # Werkzeug's own: "Basic" and something that is not ASCII
        return None
    return (sent.token or "") if sent is not None and sent.type == "bearer" else None
