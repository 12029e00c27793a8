"""The base of all forms on pages: where they read from, and what is shown when they are refused."""

from __future__ import annotations

from typing import Self

from quart import request
from quart_wtf import QuartForm
from werkzeug.exceptions import TooManyRequests
from wtforms import Field


class PageForm(QuartForm):
    """A form on a page, sent as a form and by nothing else.

    A missing or outdated CSRF token is an error of the form like others, shown on the form: what was entered is still
    there, with a new token, and needs only to be sent again. So views with a form of this kind are marked by
    :func:`~quart_app.defences.csrf.checked_by_form`. Nothing else is checked before the token: no look-up, no hash.
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
