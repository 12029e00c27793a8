"""A login required for a whole application or blueprint, except for the views that are marked exempt."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar

from quart import Blueprint, Quart
from quart.typing import ResponseReturnValue

from .current import current_login
from .decorators import refuse_anonymous
from .loading import is_static, load_once
from .request_login import RequestLogin

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


def login_guard(target: Quart | Blueprint) -> None:
    """Require a login for every view and websocket of *target*.

    Exempt are the views marked with ``login_exempt``, the login views of the LoginManager (by endpoint or path; one
    that is an absolute URL of this site has to be marked) and static files. An unknown URL is still answered with
    404.
    """
    target.before_request(_refuse)
    target.before_websocket(_refuse)


async def _refuse() -> ResponseReturnValue | None:
    login = current_login()
    if _is_exempt(login):
        return None
    await load_once(login)
    refusal = refuse_anonymous(login)
    return None if refusal is None else await refusal


def _is_exempt(login: RequestLogin) -> bool:
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
