"""What all forms of the application share: where they read from, and their protection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar

from quart import Blueprint, Quart, request
from quart_wtf import CSRFProtect, QuartForm
from werkzeug.exceptions import TooManyRequests
from wtforms import Field

View = TypeVar("View", bound=Callable[..., Awaitable[Any]])

_protection = CSRFProtect()


class PageForm(QuartForm):
    """A form on a page, sent as a form and by nothing else.

    A missing or outdated CSRF token is an error of the form like others, shown on the form: what was entered
    is still there, with a new token, and needs only to be sent again. So views with a form of this kind are
    marked by :func:`checked_by_form`. Nothing else is looked at before the token is right: no look-up, no hash.
    """

    csrf_token: Field

    #: What keeps it from being looked at for a while; see :meth:`postpone`.
    postponed: TooManyRequests | None = None

    @classmethod
    async def from_request(cls) -> Self:
        """The form as it was sent, or an empty one.

        Quart-WTForms would also take JSON and uploaded files, where a text field may turn out to be a list.
        """
        return cls(await request.form if request.method == "POST" else None)

    async def validate_on_submit(self, extra_validators: dict[str, object] | None = None) -> bool:
        """Whether it was sent, by our own page, and every field is right."""
        if request.method != "POST" or not self.csrf_token.validate(self):
            return False
        return await self.validate(extra_validators)

    @property
    def outdated(self) -> bool:
        """Whether it was sent without the token of this session."""
        return bool(self.csrf_token.errors)

    def postpone(self, error: TooManyRequests) -> None:
        """Show why it cannot be sent now, and what was entered, for later."""
        self.postponed = error

    @property
    def status(self) -> int:
        """The status to show the form with. Wrong entries answer 200, as WTForms applications do."""
        if self.postponed is not None:
            return 429
        return 403 if self.outdated else 200

    @property
    def headers(self) -> dict[str, str]:
        """The headers to show it with: when to try again, if it is postponed."""
        return {} if self.postponed is None else {"Retry-After": str(self.postponed.retry_after)}


def checked_by_form(view: View) -> View:
    """Leave the CSRF token to the form of this view, which must be a :class:`PageForm`."""
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
