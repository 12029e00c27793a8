"""The synchronizer token of forms: every changing request needs it (OWASP, Cross-Site Request Forgery Prevention)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from quart import Blueprint, request, session
from quart_wtf import CSRFProtect

from compat import load_user
from quart_app.application import Application
from quart_app.framework.form_tokens import FormTokens

from .session_keys import USER_ID

View = TypeVar("View", bound=Callable[..., Awaitable[Any]])

_MARK = "needs_no_csrf_token"  # an attribute of views and blueprints


def checked_by_form(view: View) -> View:
    """Leave the CSRF token to the form of this view, which must be a :class:`~quart_app.pages.page_form.PageForm`."""
    setattr(view, _MARK, True)
    return view


def without_forms(blueprint: Blueprint) -> Blueprint:
    """Ask for no CSRF token in a blueprint that takes no forms: it needs another protection."""
    setattr(blueprint, _MARK, True)
    return blueprint


def protect_forms(app: Application) -> None:
    """Refuse every POST, PUT, PATCH and DELETE without a valid token, unless the view's form checks it.

    No user is loaded for that, except where only a remember cookie names one: the token belongs to the login.
    Blueprints that are :func:`without_forms` need none. Each application has a protection of its own; views and
    blueprints, which applications share, are only marked.

    Quart-WTForms does not support ``SECRET_KEY_FALLBACKS``, but passes its key to itsdangerous, which takes a list: it
    accepts the signatures of all keys and signs with the last. So a form that was opened before the key was rotated, or
    on a host with another order of keys, is accepted as its session is.
    """
    app.config["WTF_CSRF_SECRET_KEY"] = [*app.config["SECRET_KEY_FALLBACKS"], app.secret_key]
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # its own hook knows only views that one protection has exempted
    protection = CSRFProtect(app)
    FormTokens(app)

    @app.early_change_check
    async def refuse_forged_forms() -> None:
        endpoint = request.endpoint
        if endpoint is None or not app.config.get("WTF_CSRF_ENABLED", True):
            return
        view = app.view_functions.get(endpoint)
        blueprint = app.blueprints.get(request.blueprint or "")
        if not getattr(view, _MARK, False) and not getattr(blueprint, _MARK, False):
            if USER_ID not in session:
                await load_user()
            await protection.protect()
