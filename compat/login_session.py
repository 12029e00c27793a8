"""The login in Quart's session: the only module that spells its keys or writes them.

The keys are Flask-Login's, so that either library reads what the other wrote.

Quart's own session is the cookie itself and has no id. With a session kept on the server the cookie holds an id, which
an attacker may have planted in the browser before its user logged in. So a login or logout gives it a new one
(``renew_id``; OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level Change").
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from quart import Quart
from quart.sessions import SessionMixin

from .runtime import call

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

    A list or an object is not an id. Flask-Login passes it to the loader, where a plain dictionary look-up raises
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


async def renew_id(app: Quart, session: Any) -> None:
    """Give *session* a new id, and delete what the store has under the old one; to be called before it is saved.

    In this order: the session interface's own ``regenerate(session)``, sync or async, is called if it has one (the name
    is Flask-Session's); otherwise a session of Quart-Session gets a new ``sid``; any other is left as it is, as in
    Flask-Login.

    Raises:
        Exception: whatever the store raised; the session must not be saved then.
    """
    interface: Any = app.session_interface
    regenerate = getattr(interface, "regenerate", None)
    if regenerate is not None:
        await call(app, regenerate, session)
    elif _is_of_quart_session(interface, session):
        with suppress(NotImplementedError):  # its "null" store keeps nothing
            await interface.delete(key=interface.key_prefix + session.sid, app=app)
        session.sid = str(uuid4())  # the form of Quart-Session's own, which its store in MongoDB demands
        session.modified = True


def _is_of_quart_session(interface: Any, session: Any) -> bool:
    """Whether these are Quart-Session's, by the public names that its interfaces share (version 3.0.0)."""
    return (
        isinstance(getattr(session, "sid", None), str)
        and isinstance(getattr(interface, "key_prefix", None), str)
        and callable(getattr(interface, "delete", None))
    )
