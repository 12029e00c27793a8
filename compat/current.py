"""The login of the current request or websocket, and ``current_user``."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter, methodcaller
from threading import local
from typing import Any

from quart import Quart, Websocket, has_request_context, has_websocket_context
from werkzeug.local import LocalProxy

from .commit import access_user
from .errors import NoCurrentUser, NotInitialised
from .loading import call_loaders, load_once
from .mixins import is_authenticated
from .remember_cookie import RememberCookie
from .request_login import ATTRIBUTE, SHOWN, RequestLogin
from .request_login import REQUEST as BY_REQUEST
from .runtime import (
    REQUEST,
    WEBSOCKET,
    application,
    current_connection,
    current_context,
    current_session,
    current_websocket_context,
)

#: The key of the Quart-Auth extension in ``app.extensions``.
EXTENSION = "QUART_FLASK_LOGIN"

_login_of_request: Callable[[Any], RequestLogin] = attrgetter(f"{REQUEST}.{ATTRIBUTE}")
_login_of_websocket: Callable[[Any], RequestLogin] = attrgetter(f"{WEBSOCKET}.{ATTRIBUTE}")
#: What these raise: there is no context, it has no such connection (in Quart 0.23), or the login has not begun.
_NO_LOGIN = (LookupError, RuntimeError, AttributeError)


def current_login() -> RequestLogin:
    """The login of the current request or websocket, which begins here if it has not begun.

    Raises:
        RuntimeError: there is neither a request nor a websocket.
        NotInitialised: the application has no LoginManager.
    """
    try:
        return _login_of_request(current_context())
    except AttributeError:
        return _begin()  # and not the login of a websocket around it: see scopes
    except (LookupError, RuntimeError):
        pass
    try:
        return _login_of_websocket(current_websocket_context())
    except _NO_LOGIN:
        return _begin()


def _begin() -> RequestLogin:
    connection = current_connection()
    login: RequestLogin | None = connection.__dict__.get(ATTRIBUTE)
    if login is None:
        login = RequestLogin(find_auth(application()), connection, current_session())
        login.is_websocket = isinstance(connection, Websocket)
    return login


def find_login() -> RequestLogin | None:
    """The login of the current request or websocket; None outside of both."""
    return current_login() if has_request_context() or has_websocket_context() else None


def find_auth(app: Quart) -> RememberCookie:
    """The Quart-Auth extension that belongs to the LoginManager of *app*.

    Raises:
        NotInitialised: the application has no LoginManager.
    """
    try:
        auth: RememberCookie = app.extensions[EXTENSION]
    except KeyError:
        raise NotInitialised from None
    return auth


#: What ``UserProxy.__getattribute__`` has raised in this thread, for ``__getattr__``.
_last_error = local()


class UserProxy(LocalProxy[Any]):
    """A proxy for the user that never mistakes a failure for an anonymous user.

    ``LocalProxy`` takes a RuntimeError, which a loader may well raise, for an unbound proxy; it would be
    false then, and an instance of nothing. Python itself takes an error while it looks up ``==`` for a missing
    ``==``.
    """

    __slots__ = ()  # without it the proxy has a __dict__ of its own, where SQLAlchemy looks for the user's columns

    __hash__ = LocalProxy.__hash__

    def __init__(self, read: Callable[[], Any]) -> None:
        super().__init__(read)
        object.__setattr__(self, "_get_current_object", read)  # without the two calls that Werkzeug makes on the way

    def __getattribute__(self, name: str) -> Any:
        # The proxy's own names are underscored. For any other, Python 3.11 would make an error before __getattr__, and
        # that costs as much as all the rest.
        own = object.__getattribute__
        if name[:1] == "_":
            return own(self, name)
        try:
            return getattr(own(self, "_get_current_object")(), name)
        except AttributeError as error:
            _last_error.error = error
            raise

    def __getattr__(self, name: str) -> Any:
        """What Python calls after ``__getattribute__`` has raised AttributeError, which it discards.

        The error is raised again, because asking the user a second time would run a property a second time.
        """
        error: AttributeError | None = None if name[:1] == "_" else vars(_last_error).pop("error", None)
        if error is None:  # a name of ours
            return getattr(self._get_current_object(), name)
        try:
            if self._get_current_object() is None and not has_request_context() and not has_websocket_context():
                raise NoCurrentUser(name) from None
            raise error
        finally:
            del error  # or it and this frame would hold each other

    def __eq__(self, other: object) -> bool:
        return bool(self._get_current_object() == other)

    def __ne__(self, other: object) -> bool:
        return bool(self._get_current_object() != other)

    def __bool__(self) -> bool:
        return bool(self._get_current_object())

    @property  # type: ignore[misc]  # isinstance() reads it
    def __class__(self) -> type:
        return type(self._get_current_object())


def get_user() -> Any:
    """What ``current_user`` stands for; None outside of requests and websockets."""
    try:
        login = current_login()
    except RuntimeError:
        return None
    return login.user if login.state is SHOWN else access_user(login)


#: The user of the current request: the application's user or the anonymous one, never a coroutine. The first access
#: in a request sends ``user_accessed`` and makes the response vary by cookie.
current_user: Any = UserProxy(get_user)


async def load_user(*, again: bool = False) -> Any:
    """Load the user of the current request if it is not loaded yet, and return it.

    For contexts pushed by hand, for hooks that run for static files or unknown URLs, and for code that prefers an
    explicit ``await``.

    Args:
        again: call the loaders again for the cookies of this request, so that a long response or websocket notices
            that its login has ended: ``current_user`` is then anonymous, and otherwise the same user, loaded anew. It
            never becomes another user. No signal is sent. What the loader cannot see, such as a deleted cookie, ends
            nothing.

    Raises:
        Exception: whatever a loader raised; ``current_user`` stays who it was.
        RuntimeError: there is no request.
    """
    login = current_login()
    if login.state is not SHOWN:
        await load_once(login)
        access_user(login)
    user = login.user
    return await _load_again(login, user) if again and is_authenticated(user) else user


async def _load_again(login: RequestLogin, user: Any) -> Any:
    read_id = methodcaller(login.settings.id_attribute)
    outcome = await call_loaders(login)
    if login.user is not user:  # another task has logged in or out meanwhile
        return login.user
    found = outcome.user
    if found is not None and read_id(found) != read_id(user):  # of the remember cookie, or of the request
        found = None
    login.is_user_missing = outcome.is_user_gone and found is None
    login.is_stale = login.is_stale or outcome.source is BY_REQUEST
    login.show(found)
    return login.user


async def user_context() -> dict[str, Any]:
    """The context processor: ``current_user`` in templates is the user, loaded if it was not.

    If a loader failed, it is a proxy that raises when it is used, so that other pages can still be rendered.
    """
    login = find_login()
    if login is None:
        return {"current_user": None}
    if login.state is SHOWN:
        return {"current_user": login.user}
    await load_once(login)
    return {"current_user": UserProxy(lambda: access_user(login)) if login.has_failed else access_user(login)}
