"""The moment the user is first asked for: session writes and signals, in Flask-Login's order.

Sync, so that reading an attribute of ``current_user`` can do it, and so that tasks of one request that
read it at the same time cannot come between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import login_session
from .errors import LoaderFailed, MissingLoader
from .loading import Outcome, Source, load_now
from .protection import Verdict
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

    In this order: ``user_accessed``; session protection with ``session_protected``; the loaders' error,
    if there is one; what the source of the user writes to the session, and its signal; ``user_loaded``.
    A loader's fault is raised before anything is written, so it never changes who the user is.
    """
    manager = login.manager
    if manager._user_callback is None and manager._request_callback is None:
        raise MissingLoader
    if login.announce():
        send(user_accessed, login)
        if login.is_committed:  # a receiver has asked for the user
            return

    verdict = login.verdict()
    if verdict is Verdict.DROP:
        _protect(login, verdict)
        login.show(None, is_stale=True)
        return

    outcome = _outcome(login)
    if verdict is Verdict.MARK_STALE:
        _protect(login, verdict)
    _keep(login, outcome)
    login.show(
        outcome.user,
        is_stale=verdict is Verdict.MARK_STALE or outcome.source is Source.REMEMBER_COOKIE,
    )
    _announce(login, outcome)


def _protect(login: RequestLogin, verdict: Verdict) -> None:
    if not login.is_websocket:
        change = login_session.drop if verdict is Verdict.DROP else login_session.mark_stale
        change(login.session)
    send(session_protected, login)


def _outcome(login: RequestLogin) -> Outcome:
    """What was loaded before the view; loaded anew if the session names somebody else since."""
    outcome = login.outcome
    if outcome is None or login.session.modified:
        claim = login.claim()
        if outcome is None or outcome.claim != claim:
            if not claim.names_somebody(login.manager):
                return Outcome(claim)
            try:
                return load_now(login, claim)
            except AttributeError as error:
                raise LoaderFailed(error) from error
    if isinstance(outcome.error, AttributeError):
        raise LoaderFailed(outcome.error) from outcome.error
    if outcome.error is not None:
        raise outcome.error
    return outcome


def _keep(login: RequestLogin, outcome: Outcome) -> None:
    if login.is_websocket:
        return
    if outcome.source is Source.REMEMBER_COOKIE:
        login_session.restore(login.session, str(outcome.remembered_id), login.identifiers()[0])
    elif outcome.is_user_gone:
        login_session.forget_user(login.session)


def _announce(login: RequestLogin, outcome: Outcome) -> None:
    if outcome.source is Source.REMEMBER_COOKIE:
        send(user_loaded_from_cookie, login, user=outcome.user)
    elif outcome.source is Source.REQUEST:
        send(user_loaded_from_request, login, user=outcome.user)
    if outcome.user is not None:
        send(user_loaded, login, user=outcome.user)
