"""The moment the user is first asked for: session writes and signals, in Flask-Login's order.

Sync, so that reading an attribute of ``current_user`` can do it, and so that tasks of one request that
read it at the same time cannot come between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import login_session
from .errors import LoaderFailed, MissingLoader
from .loading import REMEMBER_COOKIE, REQUEST, SESSION, Claim, Outcome, ask_now, names_somebody
from .protection import DROP, KEEP, MARK_STALE, Verdict
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

    In this order: ``user_accessed``; what session protection and the source of the user write to the session,
    which in a websocket is nothing; ``session_protected``; the signal of the source; ``user_loaded``.

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
    outcome = login.outcome
    if verdict is DROP:
        outcome = Outcome((None, None))
    elif outcome is None or outcome.error is not None or login.session.modified:
        outcome = _outcome(login)
    if verdict is KEEP and outcome.source is SESSION:  # nothing to write: the usual case
        login.show(outcome.user)
        send(user_loaded, login, user=outcome.user)
        return
    _write(login, verdict, outcome)
    login.show(outcome.user)  # before the other signals: their receivers may ask, too
    if verdict is not KEEP:
        send(session_protected, login)
    if outcome.user is not None:
        _announce(login, outcome)


def _outcome(login: RequestLogin) -> Outcome:
    """What was loaded before the view; loaded anew if the session names somebody else since."""
    outcome = login.outcome
    if outcome is None or login.session.modified:
        claim = login.claim()
        if outcome is None or outcome.claim != claim:
            if not names_somebody(claim, login.auth.manager):
                return Outcome(claim)
            try:
                return _same_user(login, outcome, claim) or ask_now(login, claim)
            except AttributeError as error:
                raise LoaderFailed(error) from error
    if outcome.error is not None:
        if isinstance(outcome.error, AttributeError):
            raise LoaderFailed(outcome.error) from outcome.error
        raise outcome.error
    return outcome


def _same_user(login: RequestLogin, outcome: Outcome | None, claim: Claim) -> Outcome | None:
    """The user of a session that has been emptied since, if the remember cookie names the same one."""
    user_id, cookie = claim
    if outcome is None or outcome.source is not SESSION or user_id is not None or cookie is None:
        return None
    remembered_id = login.auth.load_token(cookie)
    if remembered_id is None or remembered_id != outcome.claim[0]:
        return None
    remembered = Outcome(claim, outcome.user, REMEMBER_COOKIE)
    remembered.remembered_id = remembered_id
    return remembered


def _write(login: RequestLogin, verdict: Verdict, outcome: Outcome) -> None:
    login.is_stale = outcome.source is REQUEST
    if login.is_websocket:
        login.is_stale = login.is_stale or verdict is not KEEP or outcome.source is REMEMBER_COOKIE
        return
    session = login.session
    if verdict is DROP:
        login_session.drop(session)
    elif verdict is MARK_STALE:
        login_session.mark_stale(session)
    if outcome.source is REMEMBER_COOKIE:
        login_session.begin(session, outcome.remembered_id, login.identifiers()[0], fresh=False)
    elif outcome.is_user_gone:
        login_session.forget_user(session)


def _announce(login: RequestLogin, outcome: Outcome) -> None:
    if outcome.source is REMEMBER_COOKIE:
        send(user_loaded_from_cookie, login, user=outcome.user)
    elif outcome.source is REQUEST:
        send(user_loaded_from_request, login, user=outcome.user)
    send(user_loaded, login, user=outcome.user)
