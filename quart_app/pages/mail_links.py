"""What the pages that a mail links to have in common: a token in their URL.

Such a page only shows a form: programs that look for malware open each link of a mail. The form has the token in a
hidden field, and its button uses it. ``defences/headers`` keeps the token out of the ``Referer`` of further requests.
"""

from __future__ import annotations

from http import HTTPStatus

from quart import render_template, request
from wtforms import HiddenField

from .page_form import PageForm


class LinkForm(PageForm):
    """A form with the token of a link."""

    token = HiddenField()

    def take_token(self, sent: str | None) -> str:
        """The token: that of the form, or before it is sent that of the URL."""
        if request.method != "POST":
            self.token.data = sent
        return self.token.data or ""

    def is_forged(self) -> bool:
        """Whether it was sent without a valid CSRF token, and is shown again before anything is looked up for it."""
        return request.method == "POST" and not self.csrf_token.validate(self)


async def show_unusable_link(*, again: str) -> tuple[str, int]:
    """The page for a link that is invalid, has expired, was used or has ended: it does not say which.

    Arguments:
        again: the URL of the page on which another mail can be asked for.
    """
    return await render_template("mail_links/unusable.html", again=again), HTTPStatus.NOT_FOUND
