"""Closed unless opened: a login required for all of an application or blueprint, with exceptions by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from quart import Blueprint, Quart
from quart.typing import ResponseReturnValue

from .auth import is_static
from .decorators import refuse_anonymous
from .request_login import RequestLogin, current_login

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_login_exempt"


def login_exempt(view: F) -> F:
    """Open this view, or class of views, although a ``login_guard`` is around it."""
    setattr(view, _MARK, True)
    return view


def login_guard(target: Quart | Blueprint) -> None:
    """Require a login for every view and websocket of *target*.

    Open remain those marked with ``login_exempt``, the login views of the LoginManager (by endpoint or path; one
    that is an absolute URL of this very site has to be marked) and static files. An unknown URL is answered
    with 404, as ever.
    """
    target.before_request(_refuse)
    target.before_websocket(_refuse)


async def _refuse() -> ResponseReturnValue | None:
    login = current_login()
    if _is_open(login):
        return None
    await login.resolve_once()
    refusal = refuse_anonymous(login)
    return None if refusal is None else await refusal


def _is_open(login: RequestLogin) -> bool:
    connection = login.connection
    endpoint = connection.endpoint
    if endpoint is None or is_static(login.auth.app, endpoint):
        return True
    manager, path = login.auth.manager, connection.root_path + connection.path
    for way_in in (manager.login_view, *manager.blueprint_login_views.values()):
        if way_in and (way_in == endpoint or way_in.partition("?")[0] == path):
            return True
    view = login.auth.app.view_functions[endpoint]
    # In their own namespaces: who inherits from an open class of views is not open.
    return any(_MARK in getattr(marked, "__dict__", ()) for marked in (view, getattr(view, "view_class", None)))
