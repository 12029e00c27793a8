"""Closed unless opened: a login required for all of an application or blueprint, with exceptions by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from quart import Blueprint, Quart, Request, Websocket
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

    Open remain those marked with ``login_exempt``, the login and refresh views of the LoginManager, and
    static files. An unknown URL is answered with 404, as ever.
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
    manager = login.auth.manager
    ways_in = (manager.login_view, manager.refresh_view, *manager.blueprint_login_views.values())
    if endpoint in ways_in or any(view and _is_url_of(view, connection) for view in ways_in):
        return True
    view = login.auth.app.view_functions[endpoint]
    return hasattr(view, _MARK) or hasattr(getattr(view, "view_class", None), _MARK)


def _is_url_of(view: str, connection: Request | Websocket) -> bool:
    url = urlsplit(view)
    return url.path == connection.root_path + connection.path and url.netloc in ("", connection.host)
