"""A login required for a whole application or blueprint, except for the views that are marked exempt."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import MethodType
from typing import Any, TypeVar

from quart import Blueprint, Quart, abort
from quart.typing import ResponseReturnValue

from .commit import access_user
from .current import current_login
from .decorators import is_exempt
from .errors import ConfigurationError
from .loading import is_static, load_once
from .mixins import is_authenticated
from .navigation import is_navigation
from .request_login import RequestLogin
from .signals import send, user_unauthorized

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_login_exempt"
#: The attribute of an object that holds its exempt methods.
_EXEMPT_METHODS = "_login_exempt_methods"


def login_exempt(view: F) -> F:
    """Exempt this view, or class of views, from ``login_guard``.

    The view may be a bound method, as extensions have them: ``login_exempt(app.view_functions["openapi"])``. It is
    exempt as a method of its own object, and not of other objects of the class.
    """
    if isinstance(view, MethodType):
        setattr(view.__self__, _EXEMPT_METHODS, {*_exempt_methods(view.__self__), view.__func__})
    else:
        setattr(view, _MARK, True)
    return view


def _exempt_methods(owner: object) -> set[Any]:
    """The functions of exempt methods of *owner*, not those of its class: another object of it may be guarded."""
    found: set[Any] = getattr(owner, "__dict__", {}).get(_EXEMPT_METHODS, set())
    return found


def login_guard(target: Quart | Blueprint, *, under: str | None = None, exempt: Collection[str] = ()) -> None:
    """Require a login for every view and websocket of *target*.

    Exempt are the views marked with ``login_exempt``, the login views of the LoginManager (by endpoint or path; one
    that is an absolute URL of this site has to be marked), static files, and the scripts that Dash serves. An unknown
    URL is still answered with 404.

    A visitor who opens a page gets ``LoginManager.unauthorized()``. Any other request, such as a script's, an icon's
    or one for JSON, cannot show a login page: it gets 401, with no flashed message, and does not change the page to
    which the visitor returns. An ``unauthorized_handler`` answers both.

    Args:
        target: the application or blueprint.
        under: only for URLs at or below this path of the application, such as ``"/dash/"``.
        exempt: the endpoints of more views that need no login, for views that cannot be marked.

    Raises:
        ConfigurationError: *under* does not begin with a slash, or *exempt* is a string.
    """
    if under is not None and not under.startswith("/"):
        raise ConfigurationError("under", under, "begin it with a slash, such as '/dash/'")
    if isinstance(exempt, str):  # or each of its characters would be an endpoint
        raise ConfigurationError("exempt", exempt, "pass a collection of endpoints, such as a set")
    prefix = "/" if under is None else f"{under.rstrip('/')}/"
    endpoints = frozenset(exempt)

    async def refuse() -> ResponseReturnValue | None:  # of this module, so that it is not a foreign hook
        return await _refuse(prefix, endpoints)

    target.before_request(refuse)
    target.before_websocket(refuse)


async def _refuse(under: str, exempt: frozenset[str]) -> ResponseReturnValue | None:
    login = current_login()
    connection = login.connection()
    if under != "/" and not f"{connection.path}/".startswith(under):
        return None
    if connection.endpoint in exempt or _is_open(login):
        return None
    await load_once(login)
    if is_exempt(login) or is_authenticated(access_user(login)):
        return None
    settings = login.settings
    if settings.unauthorized_callback is None and not is_navigation(connection):
        if user_unauthorized.receivers:
            send(user_unauthorized, login)
        abort(401)
    return await settings.unauthorized()


def _is_open(login: RequestLogin) -> bool:
    """Whether the view needs no login: it is unknown, static, a login view, or marked."""
    connection = login.connection()
    endpoint = connection.endpoint
    if endpoint is None or is_static(login.app, endpoint):
        return True
    settings, path = login.settings, connection.root_path + connection.path
    for login_view in (settings.login_view, *settings.blueprint_login_views.values()):
        if login_view and (login_view == endpoint or login_view.partition("?")[0] == path):
            return True
    view = login.app.view_functions[endpoint]
    if isinstance(view, MethodType) and view.__func__ in _exempt_methods(view.__self__):
        return True
    # In their own namespaces: a subclass of an exempt class of views is not exempt.
    return any(_MARK in getattr(marked, "__dict__", ()) for marked in (view, getattr(view, "view_class", None)))
