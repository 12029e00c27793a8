"""The verbs of a login, and ``current_user``.

All of them are plain calls: a forgotten ``await`` must not leave somebody logged in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.local import LocalProxy

from . import config as configuration
from . import login_session
from .errors import DurationError
from .request_login import RequestLogin, current_login, find_login
from .signals import send, user_logged_in, user_logged_out, user_login_confirmed


class UserProxy(LocalProxy[Any]):
    """A proxy for the user that never mistakes a failure for "nobody".

    ``LocalProxy`` takes a RuntimeError, which a loader may well raise, for an unbound proxy; it would be
    false then, and an instance of nothing.
    """

    def __bool__(self) -> bool:
        return bool(self._get_current_object())

    @property  # type: ignore[misc]  # isinstance() asks for it
    def __class__(self) -> type:
        return type(self._get_current_object())


def get_user() -> Any:
    """What ``current_user`` stands for; None outside of requests and websockets."""
    login = find_login()
    return None if login is None else login.get_user()


#: The user of the current request: yours, or the anonymous one; never a coroutine. The first look in a
#: request sends ``user_accessed`` and makes the response vary by cookie.
current_user: Any = UserProxy(get_user)


async def load_user() -> Any:
    """Load the user of the current request if that was not done yet, and return it.

    For contexts pushed by hand, for hooks that run for static files or unknown URLs, and for code that
    likes to see the ``await``. Tasks that call it at the same time share one load.

    Raises:
        RuntimeError: there is no request.
        Exception: whatever a loader raised.
    """
    login = current_login()
    await login.resolve_once()
    return login.get_user()


async def user_context() -> dict[str, Any]:
    """The context processor: ``current_user`` in templates is the user, loaded if it was not.

    A page that never shows the user can be rendered even if the loader fails: then ``current_user`` is a
    proxy, and raises when it is touched.
    """
    login = find_login()
    if login is None:
        return {"current_user": None}
    await login.resolve_once()
    return {"current_user": UserProxy(login.get_user) if login.has_failed() else login.get_user()}


def login_user(
    user: Any,
    remember: bool = False,
    duration: timedelta | None = None,
    force: bool = False,
    fresh: bool = True,
) -> bool:
    """Log *user* in, and return whether that was done.

    In this order: an inactive user is refused, unless *force*; what was passed is checked; the session is
    written; *user* becomes ``current_user``; ``user_logged_in`` is sent.

    Args:
        user: the application's user object.
        remember: set the remember cookie, so that the login outlives the browser.
        duration: how long to remember; ``REMEMBER_COOKIE_DURATION`` if None.
        force: log in even an inactive user.
        fresh: whether this login may pass ``fresh_login_required``.

    Raises:
        DurationError: *duration*, or the configured one, is not a duration; nobody is logged in.
        ConfigurationError: the remember cookie is configured wrongly; nobody is logged in.
        WebsocketIsReadOnly: there is a websocket, not a request; nobody is logged in.
    """
    login = current_login()
    login.forbid_websocket("login_user")
    if type(user) is UserProxy:
        user = user._get_current_object()
    if not force and not user.is_active:
        return False
    if remember:
        _check_remembering(login, duration)

    session = login.session
    user_id = getattr(user, login.manager.id_attribute)()
    login_session.begin(session, user_id, login.identifiers()[0], fresh=fresh)
    if fresh:
        _stamp_freshness(login)
    if remember:
        login_session.remember(session, duration)
    login.show(user)
    send(user_logged_in, login, user=user)
    return True


def _check_remembering(login: RequestLogin, duration: Any) -> None:
    config = login.app.config
    if duration is None:
        duration = configuration.remember_duration(config)
    elif not isinstance(duration, timedelta):
        raise DurationError("duration", duration)
    configuration.expiry(duration)
    configuration.issued_format(config)


def _stamp_freshness(login: RequestLogin) -> None:
    if configuration.fresh_login_seconds(login.app.config) is not None:
        login_session.stamp_freshness(login.session)


def logout_user() -> bool:
    """Log the current user out, and delete the remember cookie if the request has one.

    In this order: the user is looked at; the login is removed from the session, the rest of which stays;
    ``user_logged_out`` is sent with the user; ``current_user`` becomes anonymous. Always True.

    Raises:
        WebsocketIsReadOnly: there is a websocket, not a request.
        Exception: whatever the loader raised; the login stays.
    """
    login = current_login()
    login.forbid_websocket("logout_user")
    user = login.get_user()

    login_session.end(login.session)
    if configuration.remember_cookie_name(login.app.config) in login.connection.cookies:
        login_session.stop_remembering(login.session)
    send(user_logged_out, login, user=user)
    login.show(None)
    return True


def confirm_login() -> None:
    """Make the login fresh, after the user has proved again who they are. Sends ``user_login_confirmed``.

    Raises:
        WebsocketIsReadOnly: there is a websocket, not a request.
    """
    login = current_login()
    login.forbid_websocket("confirm_login")
    login_session.confirm(login.session, login.identifiers()[0])
    _stamp_freshness(login)
    login.is_stale = False
    login.was_asked = True
    send(user_login_confirmed, login)


def login_fresh() -> bool:
    """Whether the login is fresh: not restored from a cookie, and no older than ``FRESH_LOGIN_DURATION``."""
    login = current_login()
    login.was_asked = True
    if login.is_websocket and login.is_stale:
        return False
    return login_session.is_fresh(
        login.session, configuration.fresh_login_seconds(login.app.config)
    )


def login_remembered() -> bool:
    """Whether the request has a remember cookie that we signed and that is not over."""
    login = current_login()
    login.was_asked = True
    cookie = login.claim().cookie
    return cookie is not None and login.auth.load_token(cookie) is not None
