"""The first access to the user: session writes and signals, in Flask-Login's order.

Sync, so that reading an attribute of ``current_user`` can do it, and so that no other task of the request can run
in between.
"""

from __future__ import annotations

from typing import Any

from . import login_session
from .errors import LoaderFailed, MissingLoader, UserNotLoaded
from .loading import call_loaders_now, has_loader, read_claim
from .protection import DROP, KEEP, MARK_STALE, Verdict, identifier_to_write, protect
from .request_login import LOADED, NEW, REMEMBER_COOKIE, REQUEST, SESSION, SHOWN, Claim, Outcome, RequestLogin
from .signals import (
    send,
    session_protected,
    user_accessed,
    user_loaded,
    user_loaded_from_cookie,
    user_loaded_from_request,
)


def access_user(login: RequestLogin) -> Any:
    """The user of this request, from now on ``current_user``; the response varies by cookie.

    The first access does, in this order: the user is loaded if that has to be done here; ``user_accessed`` is sent; the
    session gets what session protection and the source of the user write to it, which in a websocket is nothing;
    ``session_protected`` is sent; the signal of the source is sent; ``user_loaded`` is sent.

    If nobody is found, nothing is written, unless ``"strong"`` protection drops a login. Another request of the same
    browser may meanwhile have logged in, or renewed the id in the session, and this response, which may arrive later,
    would overwrite the new cookie with the old session.

    Raises:
        MissingLoader: the LoginManager has no loader.
        UserNotLoaded: a loader would have to be called here, and is async. The access counts as none.
        Exception: whatever a loader raised, before anything is written: a fault never changes who the user is.
    """
    if login.state is not SHOWN:
        if login.outcome is None or login.session.modified:
            _load_now(login)
        _commit(login)
    login.varies = True
    return login.user


def judge(login: RequestLogin) -> Verdict:
    """What session protection decides about this request."""
    settings = login.settings
    if login_session.USER_ID not in login.session:
        return KEEP  # there is no login to protect
    mode = login.app.config.get("SESSION_PROTECTION", settings.session_protection)
    return protect(login.session, login.connection(), mode, settings._session_identifier_generator)


def identifier_of_client(login: RequestLogin) -> str:
    """The identifier to write into the session of the client that sent this request."""
    return identifier_to_write(login.connection(), login.settings._session_identifier_generator, login.app.config)


def _commit(login: RequestLogin) -> None:
    settings = login.settings
    login.varies = True
    if settings._user_callback is None and settings._request_callback is None:
        raise MissingLoader
    if not login.is_accessed:
        login.is_accessed = True
        if user_accessed.receivers:
            send(user_accessed, login)
            if login.state is SHOWN:  # a receiver has accessed the user
                return

    verdict = judge(login)
    outcome = Outcome((None, None)) if verdict is DROP else _outcome(login)
    if verdict is not KEEP or outcome.source is not SESSION:
        _write(login, verdict, outcome)
    login.is_user_missing = outcome.is_user_missing
    login.show(outcome.user)  # before the other signals, whose receivers may access the user too
    if verdict is not KEEP and session_protected.receivers:
        send(session_protected, login)
    if outcome.source is REMEMBER_COOKIE and user_loaded_from_cookie.receivers:
        send(user_loaded_from_cookie, login, user=outcome.user)
    elif outcome.source is REQUEST and user_loaded_from_request.receivers:
        send(user_loaded_from_request, login, user=outcome.user)
    if outcome.user is not None and user_loaded.receivers:
        send(user_loaded, login, user=outcome.user)


def _load_now(login: RequestLogin) -> Outcome:
    """Load the user here if that was not done before the view, or if the cookies claim something else since.

    What a loader raises is kept, as in ``loading.load``. A login that ``"strong"`` protection drops is not loaded.

    Raises:
        UserNotLoaded: the loader is async; nothing is kept.
    """
    known, claim = login.outcome, read_claim(login)
    if known is not None and known.claim == claim:
        return known
    if judge(login) is DROP:
        return Outcome((None, None))
    if not has_loader(login, claim):
        outcome = Outcome(claim)
    else:
        try:
            outcome = _same_user(login, known, claim) or call_loaders_now(login, claim)
        except UserNotLoaded:
            raise
        except Exception as error:  # noqa: BLE001  # raised by _outcome
            outcome = Outcome(claim, error=error)
    login.outcome = outcome
    login.has_failed = outcome.error is not None
    if login.state is NEW:
        login.state = LOADED
    return outcome


def _outcome(login: RequestLogin) -> Outcome:
    """What was loaded; loaded again if a receiver of ``user_accessed`` has changed what the cookies claim."""
    outcome = login.outcome
    if outcome is None or login.session.modified:
        outcome = _load_now(login)
    if outcome.error is not None:
        if isinstance(outcome.error, AttributeError):
            raise LoaderFailed(outcome.error) from outcome.error
        raise outcome.error
    return outcome


def _same_user(login: RequestLogin, outcome: Outcome | None, claim: Claim) -> Outcome | None:
    """The loaded user of a session that has been emptied since, if the remember cookie names the same user."""
    user_id, cookie = claim
    if outcome is None or outcome.source is not SESSION or user_id is not None or cookie is None:
        return None
    remembered_id = login.auth.load_token(cookie, login.app)
    if remembered_id is None or remembered_id != str(outcome.claim[0]):  # the cookie holds text, the session any id
        return None
    return Outcome(claim, outcome.user, REMEMBER_COOKIE, remembered_id)


def _write(login: RequestLogin, verdict: Verdict, outcome: Outcome) -> None:
    login.is_stale = outcome.source is REQUEST
    if login.is_websocket:
        login.is_stale = login.is_stale or verdict is not KEEP or outcome.source is REMEMBER_COOKIE
        return
    session = login.session
    if verdict is DROP:
        login_session.drop(session)
    elif verdict is MARK_STALE and outcome.source is SESSION:
        login_session.mark_stale(session)
    if outcome.source is REMEMBER_COOKIE:
        login_session.begin(session, outcome.remembered_id, identifier_of_client(login), fresh=False)
        login.renews_session_id = True
