"""Cursors: positions in the list of a user's login sessions, as text for links.

A position is the id of a row, and ids count the logins of the whole site. So a cursor does not show it: the id is
masked, and authenticated together with the user. This is the construction of SIV (RFC 5297), with HMAC-SHA256.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from quart import current_app

from quart_app.models.login_session import ID_MAX

CURSOR_LENGTH = 22
"""Characters."""
_TAG_LENGTH = 12  # bytes
_ID_LENGTH = 4
_PADDING = "=="


def make_cursor(user_id: int, session_id: int, *, secret: str | None = None) -> str:
    """The cursor of a position in the list of a user. One position has one cursor.

    Arguments:
        user_id: the user.
        session_id: the id of the row at this position.
        secret: the secret key; None for that of the current application of Quart.
    """
    key = secret or str(current_app.secret_key)
    tag = _authenticate(key, user_id, session_id)
    masked = session_id ^ _mask(key, tag)
    return urlsafe_b64encode(tag + masked.to_bytes(_ID_LENGTH)).decode().removesuffix(_PADDING)


def read_cursor(user_id: int, cursor: str) -> int | None:
    """The position of a cursor; None if it was not made here for this user, or with another secret key."""
    if len(cursor) != CURSOR_LENGTH:
        return None
    try:
        content = urlsafe_b64decode((cursor + _PADDING).encode("ascii"))
    except ValueError:  # not ASCII
        return None
    key = str(current_app.secret_key)
    tag, masked = content[:_TAG_LENGTH], content[_TAG_LENGTH:]
    session_id = int.from_bytes(masked) ^ _mask(key, tag)
    # Compared as text, because several texts are the same bytes: the last character has four bits too many.
    if session_id > ID_MAX or not hmac.compare_digest(cursor, make_cursor(user_id, session_id)):
        return None
    return session_id


def _authenticate(key: str, user_id: int, session_id: int) -> bytes:
    return _keyed_hash(key, f"position:{user_id}:{session_id}".encode())[:_TAG_LENGTH]


def _mask(key: str, tag: bytes) -> int:
    return int.from_bytes(_keyed_hash(key, b"mask:" + tag)[:_ID_LENGTH])


def _keyed_hash(key: str, message: bytes) -> bytes:
    return hmac.digest(key.encode(), b"quart_app.sessions.cursors:" + message, "sha256")
