"""The verbs of a login, and ``current_user``.

All verbs are plain calls: a forgotten ``await`` must not leave somebody logged in.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from werkzeug.local import LocalProxy

from . import config as configuration
from . import login_session, tokens
from .errors import DurationError, UserContractError, WebsocketIsReadOnly
from .request_login import RequestLogin, current_login, find_login
from .signals import send, user_logged_in, user_logged_out, user_login_confirmed


class UserProxy(LocalProxy[Any]):
    """A proxy for the user that never mistakes a failure for "nobody".

    ``LocalProxy`` takes a RuntimeError, which a loader may well raise, for an unbound proxy; it would be
    false then, and an instance of nothing. Python itself takes an error while it looks up ``==`` for no ``==``.
    """

    __slots__ = ()  # or the proxy had a __dict__ of its own, where SQLAlchemy would look for the user's columns

    __hash__ = LocalProxy.__hash__

    def __eq__(self, other: object) -> bool:
        return bool(self._get_current_object() == other)

    def __ne__(self, other: object) -> bool:
        return bool(self._get_current_object() != other)

    def __bool__(self) -> bool:
        return bool(self._get_current_object())

    @property  # type: ignore[misc]  # isinstance() asks for it
    def __class__(self) -> type:
        return type(self._get_current_object())


def get_user() -> Any:
    """What ``current_user`` stands for; None outside of requests and websockets."""
    try:
        login = current_login()
    except RuntimeError:
        return None
    return login.user if login.is_committed else login.get_user()


#: The user of the current request: yours, or the anonymous one; never a coroutine. The first look in a
#: request sends ``user_accessed`` and makes the response vary by cookie.
current_user: Any = UserProxy(get_user)


async def load_user() -> Any:
    """Load the user of the current request if that was not done yet, and return it.

    For contexts pushed by hand, for hooks that run for static files or unknown URLs, and for code that
    likes to see the ``await``. Raises whatever a loader raised; RuntimeError if there is no request.
    """
    login = current_login()
    await login.resolve_once()
    return login.get_user()


async def user_context() -> dict[str, Any]:
    """The context processor: ``current_user`` in templates is the user, loaded if it was not.

    If a loader failed, it is a proxy that raises when it is touched: other pages can still be rendered.
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

    In this order: an inactive user is refused, unless *force*; the arguments are checked; the session is
    written; *user* becomes ``current_user``; ``user_logged_in`` is sent.

    Args:
        user: the application's user object.
        remember: set the remember cookie, so that the login outlives the browser.
        duration: how long to remember; ``REMEMBER_COOKIE_DURATION`` if None.
        force: log in even an inactive user.
        fresh: whether this login may pass ``fresh_login_required``.

    Raises:
        DurationError, ConfigurationError: the remember cookie could not be set; nobody is logged in.
        WebsocketIsReadOnly: this is a websocket; nobody is logged in.
    """
    login = _writable_login("login_user")
    if type(user) is UserProxy:
        user = user._get_current_object()
    if not force and not plain(user, "is_active"):
        return False
    if remember:
        _check_remembering(login, duration)

    session = login.session
    user_id = getattr(user, login.auth.manager.id_attribute)()
    login_session.begin(session, user_id, login.identifiers()[0], fresh=fresh)
    if fresh:
        _stamp_freshness(login)
    if remember:
        login_session.remember(session, duration)
    login.auth_user = None
    login.is_stale = False
    login.show(user)
    send(user_logged_in, login, user=user)
    return True


def logout_user() -> bool:
    """Log the current user out, and delete the remember cookie if the request has one. Always True.

    In this order: the user is looked at; the login is removed from the session, the rest of which stays;
    ``user_logged_out`` is sent with the user; ``current_user`` becomes anonymous.

    Raises:
        WebsocketIsReadOnly: this is a websocket.
        Exception: whatever a loader raised; the login stays.
    """
    login = _writable_login("logout_user")
    user = login.get_user()

    login_session.end(login.session)
    if configuration.remember_cookie_name(login.auth.app.config) in login.connection.cookies:
        login_session.stop_remembering(login.session)
    send(user_logged_out, login, user=user)
    login.show(None)
    return True


def confirm_login() -> None:
    """Make the login fresh, after the user has proved again who they are; send ``user_login_confirmed``.

    Raises:
        WebsocketIsReadOnly: this is a websocket.
        Exception: whatever a loader raised; nothing is confirmed.
    """
    login = _writable_login("confirm_login")
    if login.has_failed():
        login.get_user()  # raises
    login_session.confirm(login.session, login.identifiers()[0])
    _stamp_freshness(login)
    login.was_asked = True
    send(user_login_confirmed, login)


def login_fresh() -> bool:
    """Whether the login is fresh: not restored from a cookie, and no older than ``FRESH_LOGIN_DURATION``.

    Who was loaded from the request has not logged in, so that is never fresh, whatever login the session is left from.
    """
    login = current_login()
    login.was_asked = True
    if login.is_stale:
        return False
    return login_session.is_fresh(login.session, configuration.fresh_seconds(login.auth.app.config))


def login_remembered() -> bool:
    """Whether the request has a remember cookie that we signed and that has not ended."""
    login = current_login()
    login.was_asked = True
    _, cookie = login.claim()
    return cookie is not None and login.auth.load_token(cookie) is not None


def is_authenticated(user: Any) -> bool:
    """``user.is_authenticated``; see ``plain``."""
    return plain(user, "is_authenticated")


def plain(user: Any, name: str) -> bool:
    """The property *name* of *user*.

    Raises:
        UserContractError: it is a method or a coroutine, and so always true.
    """
    answer = getattr(user, name)
    if answer is True or answer is False:
        return answer
    if callable(answer) or isinstance(answer, Awaitable):
        if hasattr(answer, "close"):
            answer.close()
        raise UserContractError(type(user).__name__, name)
    return bool(answer)


def _writable_login(verb: str) -> RequestLogin:
    login = current_login()
    if login.is_websocket:
        raise WebsocketIsReadOnly(verb)
    return login


def _check_remembering(login: RequestLogin, duration: Any) -> None:
    config = login.auth.app.config
    if duration is None:
        duration = configuration.remember_duration(config)
    elif not isinstance(duration, timedelta):
        raise DurationError("duration", duration)
    configuration.expiry(duration)
    tokens.issued_format(config)


def _stamp_freshness(login: RequestLogin) -> None:
    if configuration.fresh_seconds(login.auth.app.config) is not None:
        login_session.stamp_freshness(login.session)
