"""The login in Quart's session: the only module that spells its keys, or writes them.

They stand where Flask-Login keeps them, so either library reads what the other wrote.
"""

import time
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from .config import SESSION_KEYS

Session = MutableMapping[str, Any]

#: Who is logged in, as ``get_id`` gave it.
USER_ID = "_user_id"
#: What the client looked like at login; see ``protection``.
IDENTIFIER = "_id"
#: The page that was refused, with ``USE_SESSION_FOR_NEXT``.
NEXT = "next"
#: How long to remember, in seconds, if login said so.
REMEMBER_SECONDS = "_remember_seconds"

_FRESH = "_fresh"
_FRESH_SINCE = "_fresh_since"  # seconds since 1970; ours, and not written unless freshness has an end
_REMEMBER = "_remember"  # "set" or "clear": what is to be done with the remember cookie


def begin(session: Session, user_id: object, identifier: str | None, *, fresh: bool) -> None:
    """Write a login; without *identifier* it does not say which client it belongs to."""
    session[USER_ID] = user_id
    session[_FRESH] = fresh
    if identifier is not None:
        session[IDENTIFIER] = identifier


def confirm(session: Session, identifier: str) -> None:
    """Make the login fresh, and bind it to this client."""
    session[_FRESH] = True
    session[IDENTIFIER] = identifier


def stamp_freshness(session: Session) -> None:
    """Write since when the login is fresh."""
    session[_FRESH_SINCE] = int(time.time())


def is_fresh(session: Session, max_seconds: float | None) -> bool:
    """Whether the login is fresh; with a maximum, one whose age is unknown is not (Flask-Login's, say)."""
    fresh: bool = session.get(_FRESH, False)
    if not fresh or max_seconds is None:
        return fresh
    since = session.get(_FRESH_SINCE)
    return isinstance(since, int) and time.time() - since <= max_seconds


def mark_stale(session: Session) -> None:
    """End freshness, without touching a session in which it has ended."""
    if session.get(_FRESH) is not False:
        session[_FRESH] = False


def forget_user(session: Session) -> None:
    """Remove an id that nobody has any more."""
    session.pop(USER_ID, None)


def end(session: Session) -> None:
    """Remove the login and leave the rest of the session alone."""
    for key in (USER_ID, _FRESH, IDENTIFIER, _FRESH_SINCE):
        if key in session:
            del session[key]


def drop(session: Session) -> None:
    """Remove everything of the login, and have the remember cookie deleted: strong protection."""
    for key in (*SESSION_KEYS, _FRESH_SINCE):
        session.pop(key, None)
    session[_REMEMBER] = "clear"


def remember(session: Session, duration: timedelta | None) -> None:
    """Have the remember cookie set at the end of this request."""
    session[_REMEMBER] = "set"
    if duration is not None:
        session[REMEMBER_SECONDS] = duration.total_seconds()


def renew(session: Session, *, has_cookie: bool) -> None:
    """Have the remember cookie set anew, for those who have asked to be remembered."""
    if has_cookie and _REMEMBER not in session:
        session[_REMEMBER] = "set"


def stop_remembering(session: Session) -> None:
    """Have the remember cookie deleted at the end of this request."""
    session[_REMEMBER] = "clear"
    session.pop(REMEMBER_SECONDS, None)


def ignores_cookie(session: Session) -> bool:
    """Whether the remember cookie of this request is as good as deleted."""
    return session.get(_REMEMBER) == "clear"


def take_order(session: Session) -> Any:
    """What is to be done with the remember cookie: ``"set"``, ``"clear"`` or None; told once."""
    return session.pop(_REMEMBER) if _REMEMBER in session else None


def keep_next(session: Session, identifier: str, url: str | None) -> None:
    """Keep the refused page for after the login, or that there is none, where strong protection will not clear it."""
    session[IDENTIFIER] = identifier
    if url is None:
        session.pop(NEXT, None)
    else:
        session[NEXT] = url
