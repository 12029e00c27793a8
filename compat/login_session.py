"""The login in Quart's session: the only module that spells its keys or writes them.

The keys are Flask-Login's, so that either library reads what the other wrote.
"""

import time
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from quart.sessions import SessionMixin

Session = MutableMapping[str, Any]

#: The id of the user who is logged in, as ``get_id`` returned it.
USER_ID = "_user_id"
#: The identifier of the client that logged in; see ``protection``.
IDENTIFIER = "_id"
#: Whether the login is fresh.
FRESH = "_fresh"
#: When the login became fresh, in seconds since 1970. Not in Flask-Login; written only if freshness expires.
FRESH_SINCE = "_fresh_since"
#: What the end of the request does with the remember cookie: ``"set"`` or ``"clear"``.
REMEMBER = "_remember"
#: How long to remember the user, in seconds, if ``login_user`` was given a duration.
REMEMBER_SECONDS = "_remember_seconds"
#: The page that was refused, with ``USE_SESSION_FOR_NEXT``.
NEXT = "next"

#: The keys that describe a login: a session without a user needs none of them.
LOGIN_KEYS = frozenset({USER_ID, IDENTIFIER, FRESH, FRESH_SINCE, REMEMBER_SECONDS})

#: Flask-Login's set of the keys that ``"strong"`` protection removes; applications may add to it.
SESSION_KEYS = {USER_ID, REMEMBER, REMEMBER_SECONDS, IDENTIFIER, FRESH, NEXT}


def read_user_id(session: Session) -> Any:
    """The id of the user who is logged in; None if there is none.

    A list or an object is no id. Flask-Login passes it to the loader, where a plain dictionary look-up raises
    TypeError. Anything that can be the key of a dictionary is left to the loader, numbers included.
    """
    user_id = session.get(USER_ID)
    try:
        hash(user_id)
    except TypeError:
        return None
    return user_id


def begin(session: Session, user_id: object, identifier: str | None, *, fresh: bool) -> None:
    """Write a login; without *identifier* it is bound to no client."""
    session[USER_ID] = user_id
    session[FRESH] = fresh
    if identifier is not None:
        session[IDENTIFIER] = identifier


def confirm(session: Session, identifier: str) -> None:
    """Make the login fresh, and bind it to the client with *identifier*."""
    session[FRESH] = True
    session[IDENTIFIER] = identifier


def stamp_freshness(session: Session) -> None:
    """Write that the login became fresh now."""
    session[FRESH_SINCE] = int(time.time())


def is_fresh(session: Session, max_seconds: float | None) -> bool:
    """Whether the login is fresh.

    With *max_seconds*, a login that does not say since when (such as one that Flask-Login wrote) is not fresh.
    """
    fresh: bool = session.get(FRESH, False)
    if not fresh or max_seconds is None:
        return fresh
    since = session.get(FRESH_SINCE)
    return isinstance(since, int) and time.time() - since <= max_seconds


def mark_stale(session: Session) -> None:
    """End freshness; a session whose login is stale already is not modified."""
    if session.get(FRESH) is not False:
        session[FRESH] = False


def end(session: Session) -> None:
    """Remove the login and leave the rest of the session."""
    for key in (USER_ID, FRESH, IDENTIFIER, FRESH_SINCE):
        if key in session:
            del session[key]


def drop(session: Session) -> None:
    """Remove all keys of the login and order the remember cookie deleted, as strong protection does."""
    for key in (*SESSION_KEYS, FRESH_SINCE):
        session.pop(key, None)
    session[REMEMBER] = "clear"


def remember(session: Session, duration: timedelta | None) -> None:
    """Order the remember cookie set at the end of this request."""
    session[REMEMBER] = "set"
    if duration is not None:
        session[REMEMBER_SECONDS] = duration.total_seconds()


def stop_remembering(session: Session) -> None:
    """Order the remember cookie deleted at the end of this request."""
    session[REMEMBER] = "clear"
    session.pop(REMEMBER_SECONDS, None)


def withhold(session: SessionMixin) -> None:
    """Keep a permanent session from being sent again, although nothing has changed in it.

    Session interfaces send no cookie for a session that is empty and was not modified.
    """
    if session.permanent and not session.modified:
        session.clear()
        session.modified = False


def keep_next(session: Session, identifier: str, url: str | None) -> None:
    """Keep the refused page for after the login; with None, keep that there is none.

    The identifier is written too, as in Flask-Login: otherwise strong protection would remove the page.
    """
    session[IDENTIFIER] = identifier
    if url is None:
        session.pop(NEXT, None)
    else:
        session[NEXT] = url
