"""Decorators that guard views: for function views, class views and websockets, sync or async."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, overload

from quart import abort, current_app, redirect
from quart.typing import ResponseReturnValue
from werkzeug.urls import iri_to_uri

from .commit import access_user
from .config import EXEMPT_METHODS
from .current import current_login
from .loading import load_once
from .login import login_fresh
from .mixins import is_authenticated
from .redirects import expand_login_view
from .request_login import LOADED, SHOWN, RequestLogin

P = ParamSpec("P")
R = TypeVar("R")
Refusal = Awaitable[ResponseReturnValue]


@overload
def login_required(view: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R | ResponseReturnValue]]: ...
@overload
def login_required(view: Callable[P, R]) -> Callable[P, Awaitable[R | ResponseReturnValue]]: ...
def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let only authenticated users pass; others get ``LoginManager.unauthorized()``.

    ``EXEMPT_METHODS`` pass. Works for views of every kind, websockets included, which are refused with 401
    before they are accepted.
    """
    return _guarded(view, refuse_anonymous)


@overload
def fresh_login_required(
    view: Callable[P, Awaitable[R]],
) -> Callable[P, Awaitable[R | ResponseReturnValue]]: ...
@overload
def fresh_login_required(view: Callable[P, R]) -> Callable[P, Awaitable[R | ResponseReturnValue]]: ...
def fresh_login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let only users with a fresh login pass (see ``login_fresh``), not those whom a remember cookie has logged in.

    Others get ``LoginManager.unauthorized()`` if they are not authenticated, and ``needs_refresh()`` if
    they are.
    """
    return _guarded(view, refuse_stale)


@overload
def anonymous_required(
    view: Callable[P, Awaitable[R]],
) -> Callable[P, Awaitable[R | ResponseReturnValue]]: ...
@overload
def anonymous_required(view: Callable[P, R]) -> Callable[P, Awaitable[R | ResponseReturnValue]]: ...
@overload
def anonymous_required(*, redirect_to: str) -> Callable[[Callable[P, Any]], Callable[P, Awaitable[Any]]]: ...
def anonymous_required(view: Callable[..., Any] | None = None, *, redirect_to: str | None = None) -> Any:
    """Let only logged-out visitors pass: for pages such as login and registration.

    Users are redirected to *redirect_to*, an endpoint or URL, or to ``LoginManager.authenticated_view``; with
    neither they get 403.
    """
    if view is None:
        return partial(anonymous_required, redirect_to=redirect_to)
    return _guarded(view, partial(refuse_authenticated, redirect_to=redirect_to))


def refuse_anonymous(login: RequestLogin) -> Refusal | None:
    """The answer to a visitor who is not authenticated; None if the visitor may pass."""
    if is_exempt(login):
        return None
    return None if is_authenticated(access_user(login)) else login.settings.unauthorized()


def refuse_stale(login: RequestLogin) -> Refusal | None:
    """The answer to a visitor without a fresh login; None if the visitor may pass."""
    if is_exempt(login):
        return None
    if not is_authenticated(access_user(login)):
        return login.settings.unauthorized()
    return None if login_fresh() else login.settings.needs_refresh()


def refuse_authenticated(login: RequestLogin, *, redirect_to: str | None) -> Refusal | None:
    """The answer to a visitor who is authenticated; None if the visitor may pass."""
    if is_exempt(login) or not is_authenticated(access_user(login)):
        return None
    return _redirect_or_403(login, redirect_to or login.settings.authenticated_view)


async def _redirect_or_403(login: RequestLogin, view: str | None) -> ResponseReturnValue:
    if not view or login.is_websocket:
        abort(403)
    return redirect(iri_to_uri(expand_login_view(view)))


def is_exempt(login: RequestLogin) -> bool:
    """Whether the request needs no login: by ``EXEMPT_METHODS``, or by ``LOGIN_DISABLED``, which is deprecated."""
    if login.connection().method in EXEMPT_METHODS:  # a websocket's is GET
        return True
    if login.app.config.get("LOGIN_DISABLED"):
        warnings.warn(
            "LOGIN_DISABLED lets everybody in. Flask-Login has removed it; log in with LoginClient in tests.",
            DeprecationWarning,
            stacklevel=2,
        )
        return True
    return False


def _guarded(
    view: Callable[..., Any], refuse: Callable[[RequestLogin], Refusal | None]
) -> Callable[..., Awaitable[Any]]:
    is_async = iscoroutinefunction(view)

    @wraps(view)
    async def guarded_view(*args: Any, **kwargs: Any) -> Any:
        login = current_login()
        is_loaded = login.state is LOADED or login.state is SHOWN  # not yet in a view of static files, for example
        if not is_loaded or login.session.modified:  # a hook may write a login to the session by hand
            await load_once(login)
        refusal = refuse(login)
        if refusal is not None:
            return await refusal
        if is_async:
            return await view(*args, **kwargs)
        return await current_app.ensure_async(view)(*args, **kwargs)

    return guarded_view
