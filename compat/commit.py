"""The moment the user is first asked for: session writes and signals, in Flask-Login's order.

Sync, so that reading an attribute of ``current_user`` can do it, and so that tasks of one request that
read it at the same time cannot come between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import login_session
from .errors import LoaderFailed, MissingLoader
from .loading import NOBODY, REMEMBER_COOKIE, REQUEST, SESSION, Outcome, ask_now, names_somebody
from .login_session import Session
from .protection import DROP, MARK_STALE
from .signals import (
    send,
    session_protected,
    user_accessed,
    user_loaded,
    user_loaded_from_cookie,
    user_loaded_from_request,
)

if TYPE_CHECKING:
    from .request_login import RequestLogin


def commit(login: RequestLogin) -> None:
    """Make what was loaded the user of this request.

    In this order: ``user_accessed``; session protection with ``session_protected``; what the source of the
    user writes to the session, and its signal; ``user_loaded``. A websocket's session is not written.

    A loader's error is raised before anything is written: a fault never changes who the user is.
    """
    manager = login.auth.manager
    if manager._user_callback is None and manager._request_callback is None:
        raise MissingLoader
    if not login.is_announced:
        login.is_announced = True
        send(user_accessed, login)
        if login.is_committed:  # a receiver has asked for the user
            return

    verdict = login.verdict()
    if verdict is DROP:
        _protect(login, login_session.drop)
        login.show(None)
        return
    outcome = login.outcome
    if outcome is None or outcome.error is not None or login.session.modified:
        outcome = _outcome(login)
    if verdict is MARK_STALE:
        _protect(login, login_session.mark_stale)
    if outcome.source is not SESSION:
        _keep(login, outcome)
    login.show(outcome.user)
    if outcome.source is not NOBODY:
        _announce(login, outcome)


def _protect(login: RequestLogin, change: Callable[[Session], None]) -> None:
    login.is_stale = True
    if not login.is_websocket:
        change(login.session)
    send(session_protected, login)


def _outcome(login: RequestLogin) -> Outcome:
    """What was loaded before the view; loaded anew if the session names somebody else since."""
    outcome = login.outcome
    if outcome is None or login.session.modified:
        claim = login.claim()
        if outcome is None or outcome.claim != claim:
            if not names_somebody(claim, login.auth.manager):
                return Outcome(claim)
            try:
                return ask_now(login, claim)
            except AttributeError as error:
                raise LoaderFailed(error) from error
    if outcome.error is not None:
        if isinstance(outcome.error, AttributeError):
            raise LoaderFailed(outcome.error) from outcome.error
        raise outcome.error
    return outcome


def _keep(login: RequestLogin, outcome: Outcome) -> None:
    if outcome.source is REMEMBER_COOKIE:
        login.is_stale = True
        if not login.is_websocket:
            login_session.begin(login.session, outcome.remembered_id, login.identifiers()[0], fresh=False)
    elif outcome.is_user_gone and not login.is_websocket:
        login_session.forget_user(login.session)


def _announce(login: RequestLogin, outcome: Outcome) -> None:
    if outcome.source is REMEMBER_COOKIE:
        send(user_loaded_from_cookie, login, user=outcome.user)
    elif outcome.source is REQUEST:
        send(user_loaded_from_request, login, user=outcome.user)
    send(user_loaded, login, user=outcome.user)
