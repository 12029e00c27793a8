"""The first access to the user: session writes and signals, in Flask-Login's order.

Sync, so that reading an attribute of ``current_user`` can do it, and so that no other task of the request can run
in between.
"""

from __future__ import annotations

from typing import Any, NoReturn

from . import login_session
from .errors import LoaderFailed, MissingLoader, UserNotLoaded
from .loading import call_loaders_now, is_answered, read_claim
from .protection import DROP, KEEP, MARK_STALE, Verdict, identifier_to_write, protect
from .request_login import LOADED, NEW, NO_USER, REMEMBER_COOKIE, REQUEST, SESSION, SHOWN, Outcome, RequestLogin, Source
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
        if login.claim is None or login.session.modified:
            _load_now(login)
        login.varies = True
        settings = login.settings
        if settings._user_callback is None and settings._request_callback is None:
            raise MissingLoader
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
    if not login.is_accessed:
        login.is_accessed = True
        if user_accessed.receivers:
            send(user_accessed, login)
            if login.state is SHOWN:  # a receiver has accessed the user
                return

    verdict = judge(login)
    if verdict is DROP:
        user, source, login.is_user_missing = None, NO_USER, False
    else:
        if login.claim is None or login.session.modified:  # by a receiver of user_accessed
            _load_now(login)
        if login.error is not None:
            _raise(login.error)
        user, source = login.found, login.source
    if verdict is not KEEP or source is not SESSION:
        _write(login, verdict, source)
    login.show(user)  # before the other signals, whose receivers may access the user too
    if verdict is not KEEP or source is REMEMBER_COOKIE or source is REQUEST:
        _announce_change(login, verdict, source)
    if user is not None and user_loaded.receivers:
        send(user_loaded, login, user=user)


def _raise(error: Exception) -> NoReturn:
    """Raise what a loader raised: an AttributeError as another, or Python would take it for one of the proxy."""
    if isinstance(error, AttributeError):
        raise LoaderFailed(error) from error
    raise error


def _announce_change(login: RequestLogin, verdict: Verdict, source: Source) -> None:
    """Send the signals of a user who is not simply the session's."""
    user = None if source is NO_USER else login.found
    if verdict is not KEEP and session_protected.receivers:
        send(session_protected, login)
    if source is REMEMBER_COOKIE and user_loaded_from_cookie.receivers:
        send(user_loaded_from_cookie, login, user=user)
    elif source is REQUEST and user_loaded_from_request.receivers:
        send(user_loaded_from_request, login, user=user)


def _load_now(login: RequestLogin) -> None:
    """Load the user here if that was not done before the view, or if the cookies claim something else since.

    What a loader raises is kept, as in ``loading.load``. A login that ``"strong"`` protection drops is not loaded.

    Raises:
        UserNotLoaded: the loader is async; nothing is kept.
    """
    if is_answered(login) or judge(login) is DROP:
        return
    try:
        outcome = _same_user(login) or call_loaders_now(login)
    except UserNotLoaded:
        raise
    except Exception as error:  # noqa: BLE001  # raised by _commit
        outcome = Outcome(read_claim(login), error=error)
    login.keep(outcome)
    login.has_failed = outcome.error is not None
    if login.state is NEW:
        login.state = LOADED


def _same_user(login: RequestLogin) -> Outcome | None:
    """The loaded user of a session that has been emptied since, if the remember cookie names the same user."""
    if login.claim is None or login.source is not SESSION:
        return None
    user_id, cookie = claim = read_claim(login)
    if user_id is not None or cookie is None:
        return None
    remembered_id = login.auth.load_token(cookie, login.app)
    if remembered_id is None or remembered_id != str(login.claim[0]):  # the cookie holds text, the session any id
        return None
    return Outcome(claim, login.found, REMEMBER_COOKIE, remembered_id)


def _write(login: RequestLogin, verdict: Verdict, source: Source) -> None:
    login.is_stale = source is REQUEST
    if login.is_websocket:
        login.is_stale = login.is_stale or verdict is not KEEP or source is REMEMBER_COOKIE
        return
    session = login.session
    if verdict is DROP:
        login_session.drop(session)
    elif verdict is MARK_STALE and source is SESSION:
        login_session.mark_stale(session)
    if source is REMEMBER_COOKIE:
        login_session.begin(session, login.remembered_id, identifier_of_client(login), fresh=False)
        login.renews_session_id = True
