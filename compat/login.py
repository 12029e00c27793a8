"""The functions that change the login of a request, and those that report its freshness and remember cookie.

None of them is a coroutine function: a forgotten ``await`` must not leave a user logged in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from . import config as configuration
from . import login_session, tokens
from .commit import access_user, identifier_of_client
from .current import UserProxy, current_login
from .errors import DurationError, HeadersSent, UserNotLoaded, WebsocketIsReadOnly
from .loading import read_claim
from .mixins import read_flag, read_id
from .request_login import RequestLogin
from .signals import send, user_logged_in, user_logged_out, user_login_confirmed


def login_user(
    user: Any,
    remember: bool = False,
    duration: timedelta | None = None,
    force: bool = False,
    fresh: bool = True,
) -> bool:
    """Log *user* in, and return whether that was done.

    In this order: the id is read; an inactive user is refused, unless *force*; the arguments are checked; the session
    is written; *user* becomes ``current_user``; ``user_logged_in`` is sent. At the end of the request a session that is
    kept on the server gets a new id.

    Args:
        user: the application's user object.
        remember: set the remember cookie, so that the login outlives the browser.
        duration: how long to remember; ``REMEMBER_COOKIE_DURATION`` if None.
        force: log in even an inactive user.
        fresh: whether this login may pass ``fresh_login_required``.

    Raises:
        DurationError: the remember cookie could not be set; nobody is logged in.
        ConfigurationError: a setting is invalid that says what to write; nobody is logged in.
        UserNotSaved: *user* has no id yet; nobody is logged in.
        WebsocketIsReadOnly: this is a websocket; nobody is logged in.
        HeadersSent: this is a streamed body, or a background task of a request that was answered; nobody is logged in.
    """
    login = _writable_login("login_user")
    if type(user) is UserProxy:
        user = user._get_current_object()
    user_id = read_id(user, login.settings.id_attribute)  # first: SQLAlchemy's default of is_active comes with saving
    if not force and not read_flag(user, "is_active"):
        return False
    if remember:
        _check_remembering(login, duration)
    stamps_freshness = fresh and configuration.fresh_seconds(login.app.config) is not None

    session = login.session
    login_session.begin(session, user_id, identifier_of_client(login), fresh=fresh)
    if stamps_freshness:
        login_session.stamp_freshness(session)
    if remember:
        login_session.remember(session, duration)
    login.renews_session_id = True
    login.auth_user = None
    login.is_stale = login.is_user_missing = False
    login.show(user)
    if user_logged_in.receivers:
        send(user_logged_in, login, user=user)
    return True


def logout_user() -> bool:
    """Log the current user out, and delete the remember cookie if the request has one. Always True.

    The cookie is deleted even if the application calls ``session.clear()`` afterwards.

    If the view has emptied or changed the session since the user was loaded, so that it or the remember cookie names
    somebody else, and the loader is async, then *the user* is the one who was loaded.

    In this order: the user is accessed; the login is removed from the session, the rest of which stays;
    ``user_logged_out`` is sent with the user; ``current_user`` becomes anonymous. ``session.clear()`` may come before
    or after. At the end of the request a session that is kept on the server gets a new id: a slower request that has
    read the login would write it back under the old one.

    Raises:
        WebsocketIsReadOnly: this is a websocket.
        HeadersSent: this is a streamed body, or a background task of a request that was answered.
        UserNotLoaded: nobody was loaded, as in a context that was pushed by hand, and the loader is async.
        Exception: whatever a loader raised; the login stays.
    """
    login = _writable_login("logout_user")
    user = _user_to_log_out(login)

    login.renews_session_id = login.renews_session_id or login_session.USER_ID in login.session
    login_session.end(login.session)
    login.is_user_missing = False
    if login.auth.cookie_name in login.connection().cookies:
        login_session.stop_remembering(login.session)
        login.deletes_remember_cookie = True
    send(user_logged_out, login, user=user)
    login.show(None)
    return True


def confirm_login() -> None:
    """Make the login fresh, after the user has proved again who they are; send ``user_login_confirmed``.

    At the end of the request a session that is kept on the server gets a new id.

    Raises:
        WebsocketIsReadOnly: this is a websocket.
        HeadersSent: this is a streamed body, or a background task of a request that was answered.
        Exception: whatever a loader raised; nothing is confirmed.
    """
    login = _writable_login("confirm_login")
    if login.has_failed:
        access_user(login)  # raises
    login_session.confirm(login.session, identifier_of_client(login))
    if configuration.fresh_seconds(login.app.config) is not None:
        login_session.stamp_freshness(login.session)
    login.renews_session_id = True
    login.varies = True
    send(user_login_confirmed, login)


def login_fresh() -> bool:
    """Whether the login is fresh: not restored from a cookie, and no older than ``FRESH_LOGIN_DURATION``.

    A user from the request loader has not logged in, and is never fresh, whatever the session says of another login.
    """
    login = current_login()
    login.varies = True
    if login.is_stale:
        return False
    return login_session.is_fresh(login.session, configuration.fresh_seconds(login.app.config))


def login_remembered() -> bool:
    """Whether the request has a remember cookie that was signed here and has not expired."""
    login = current_login()
    login.varies = True
    _, cookie = read_claim(login)
    return cookie is not None and login.auth.load_token(cookie, login.app) is not None


def _writable_login(verb: str) -> RequestLogin:
    login = current_login()
    if login.is_websocket:
        raise WebsocketIsReadOnly(verb)
    if login.is_answered:
        raise HeadersSent(verb)
    return login


def _user_to_log_out(login: RequestLogin) -> Any:
    try:
        return access_user(login)
    except UserNotLoaded:  # the session was changed by hand
        if login.claim is None or login.error is not None:
            raise
        login.show(login.found)
        return login.user


def _check_remembering(login: RequestLogin, duration: Any) -> None:
    tokens.issued_format(login.app.config)
    if duration is None:
        duration = configuration.remember_duration(login.app.config)
    elif not isinstance(duration, timedelta):
        raise DurationError("duration", duration)
    configuration.expiry(duration)
