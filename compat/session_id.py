"""The id of a session that is kept on the server: a login or logout gives it a new one, against session fixation.

Quart's own session is the cookie itself and has no id, so nothing is done for it, as in Flask-Login. With a session
kept on the server the cookie holds an id, which an attacker may have planted in the browser before its user logged in
(OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level Change").
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import uuid4

from quart import Quart

from .callbacks import call


async def renew_id(app: Quart, session: Any) -> None:
    """Give *session* a new id, and delete what the store has under the old one; to be called before it is saved.

    In this order: the session interface's own ``regenerate(session)``, sync or async, is called if it has one (the name
    is Flask-Session's); otherwise a session of Quart-Session gets a new ``sid``; any other is left as it is.

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
