"""The synchronizer token of forms: every changing request needs it (OWASP, Cross-Site Request Forgery Prevention)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from quart import Blueprint, Quart
from quart_wtf import CSRFProtect

View = TypeVar("View", bound=Callable[..., Awaitable[Any]])

_protection = CSRFProtect()


def checked_by_form(view: View) -> View:
    """Leave the CSRF token to the form of this view, which must be a :class:`~quart_app.pages.page_form.PageForm`."""
    _protection.exempt(view)
    return view


def without_forms(blueprint: Blueprint) -> Blueprint:
    """Ask for no CSRF token in a blueprint that takes no forms: it needs another protection."""
    _protection.exempt(blueprint)
    return blueprint


def protect_forms(app: Quart) -> None:
    """Refuse every POST, PUT, PATCH and DELETE without a valid token, unless the view's form looks at it.

    Blueprints that are :func:`without_forms` need none.

    Quart-WTForms knows nothing of ``SECRET_KEY_FALLBACKS`` and hands its key on to itsdangerous, which takes several:
    it accepts the signatures of all, and signs with the last. So a form that was opened before the key was changed,
    or comes from a host that has another order of keys, is accepted as its session is.
    """
    app.config["WTF_CSRF_SECRET_KEY"] = [*app.config["SECRET_KEY_FALLBACKS"], app.secret_key]
    _protection.init_app(app)
