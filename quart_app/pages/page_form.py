"""The base class of all forms: how they are read, and the status they are shown with."""

from __future__ import annotations

from typing import Self

from quart import request
from quart_wtf import QuartForm
from wtforms import Field

from compat import load_user
from quart_app.errors.problems import LimitReached


class PageForm(QuartForm):
    """A form on a page, which is read from form data only.

    A missing or outdated CSRF token is shown as an error of the form: the input is kept, with a new token, and only
    has to be sent again. So views with such a form are marked by :func:`~quart_app.defences.csrf.checked_by_form`. The
    token is checked before anything else that costs a query or a hash.
    """

    csrf_token: Field

    #: Why the form is not processed now; see :meth:`postpone`.
    postponed: LimitReached | None = None

    @classmethod
    async def from_request(cls) -> Self:
        """The form with the data of a POST request, or an empty one.

        Quart-WTForms would also read JSON and uploaded files, in which a text field may be a list.
        """
        await load_user()  # the token belongs to the login, which a remember cookie may have to restore first
        return cls(await request.form if request.method == "POST" else None)

    async def validate_on_submit(self, extra_validators: dict[str, object] | None = None) -> bool:
        """Whether this is a POST request with a valid CSRF token and valid fields."""
        if request.method != "POST" or not self.csrf_token.validate(self):
            return False
        return await self.validate(extra_validators)

    @property
    def outdated(self) -> bool:
        """Whether the CSRF token is missing or outdated."""
        return bool(self.csrf_token.errors)

    def postpone(self, error: LimitReached) -> None:
        """Show the form again with its input, and with an error that tells when to try again."""
        self.postponed = error

    @property
    def status(self) -> int:
        """The status of the page with this form. Invalid input is 200, as is usual with WTForms."""
        if self.postponed is not None:
            return 429
        return 403 if self.outdated else 200

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the page with this form: ``Retry-After`` and perhaps ``RateLimit-*`` if it is postponed."""
        return {} if self.postponed is None else self.postponed.limit_headers
