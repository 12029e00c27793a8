"""The login in Quart's session: the only module that spells session keys.

They stand where Flask-Login keeps them, so either library reads what the other wrote.
"""

import time
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from .config import SESSION_KEYS

Session = MutableMapping[str, Any]

_FRESH_SINCE = "_fresh_since"  # ours; written only where freshness has a maximum age


def user_id(session: Session) -> Any:
    """Who the session says is logged in, as ``get_id`` gave it; None if nobody."""
    return session.get("_user_id")


def identifier(session: Session) -> Any:
    """What the client looked like at login."""
    return session.get("_id")


def begin(session: Session, user_id: object, identifier: str, *, fresh: bool) -> None:
    """Write a login."""
    begin_unbound(session, user_id, fresh=fresh)
    session["_id"] = identifier


def begin_unbound(session: Session, user_id: object, *, fresh: bool) -> None:
    """Write a login that does not say which client it belongs to."""
    session["_user_id"] = user_id
    session["_fresh"] = fresh


def restore(session: Session, user_id: str, identifier: str) -> None:
    """Write a login that the remember cookie has brought back: stale, and bound to this client."""
    begin(session, user_id, identifier, fresh=False)


def confirm(session: Session, identifier: str) -> None:
    """Make the login fresh, and bind it to this client."""
    session["_fresh"] = True
    session["_id"] = identifier


def stamp_freshness(session: Session) -> None:
    """Write since when the login is fresh, in whole seconds since 1970."""
    session[_FRESH_SINCE] = int(time.time())


def is_fresh(session: Session, max_seconds: float | None) -> bool:
    """Whether the login is fresh, and has been for no longer than *max_seconds*.

    A fresh login without a time stamp, as Flask-Login writes it, is stale where there is a maximum.
    """
    fresh: bool = session.get("_fresh", False)
    if not fresh or max_seconds is None:
        return fresh
    since = session.get(_FRESH_SINCE)
    return isinstance(since, int) and time.time() - since <= max_seconds


def mark_stale(session: Session) -> None:
    """End freshness, without touching a session in which it has ended."""
    if session.get("_fresh") is not False:
        session["_fresh"] = False


def forget_user(session: Session) -> None:
    """Remove an id that nobody has any more."""
    session.pop("_user_id", None)


def end(session: Session) -> None:
    """Remove the login and leave the rest of the session alone."""
    for key in ("_user_id", "_fresh", "_id", _FRESH_SINCE):
        if key in session:
            del session[key]


def drop(session: Session) -> None:
    """Remove everything of the login, and have the remember cookie deleted: strong protection."""
    for key in (*SESSION_KEYS, _FRESH_SINCE):
        session.pop(key, None)
    session["_remember"] = "clear"


def remember(session: Session, duration: timedelta | None) -> None:
    """Have the remember cookie set at the end of this request; for *duration* if given."""
    session["_remember"] = "set"
    if duration is not None:
        session["_remember_seconds"] = duration.total_seconds()


def stop_remembering(session: Session) -> None:
    """Have the remember cookie deleted at the end of this request."""
    session["_remember"] = "clear"
    session.pop("_remember_seconds", None)


def is_being_forgotten(session: Session) -> bool:
    """Whether the remember cookie of this request is as good as deleted."""
    return session.get("_remember") == "clear"


def take_remember_order(session: Session) -> Any:
    """``"set"``, ``"clear"`` or None: what to do with the remember cookie, told once."""
    return session.pop("_remember") if "_remember" in session else None


def remember_seconds(session: Session) -> Any:
    """The duration asked for at login, in seconds; None for the configured one."""
    return session.get("_remember_seconds")


def keep_next(session: Session, identifier: str, url: str) -> None:
    """Keep the refused page for after the login, in a session that strong protection will not clear."""
    session["_id"] = identifier
    session["next"] = url


def kept_next(session: Session) -> Any:
    """The page that ``keep_next`` kept; None if there is none."""
    return session.get("next")
