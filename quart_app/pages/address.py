"""The page that a mail links to, on which its address is confirmed; and the button that has it sent again."""

from __future__ import annotations

from http import HTTPStatus

from quart import Blueprint, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue

from compat import login_required
from quart_app.accounts.addresses import confirm_email, find_confirmation_owner, send_confirmation_again
from quart_app.accounts.login import current_user
from quart_app.accounts.users import UserExists
from quart_app.defences.csrf import checked_by_form
from quart_app.defences.rate_limits import Limit, limited

from .account_forms import ConfirmationForm
from .mail_links import show_unusable_link

blueprint = Blueprint("address", __name__)


@blueprint.route("/account/email/confirm", methods=["GET", "POST"])
@limited(Limit.PASSWORDS)
@checked_by_form
async def confirm() -> ResponseReturnValue:
    """Confirm an address by a link. No login is needed, and none begins or ends."""
    ask_again = url_for("account.overview")
    form = await ConfirmationForm.from_request()
    token = form.take_token(request.args.get("token"))
    owner = None if form.is_forged() else await find_confirmation_owner(token)
    if owner is None and not form.outdated:
        return await show_unusable_link(again=ask_again)
    if await form.validate_on_submit():
        try:
            if await confirm_email(token) is None:
                return await show_unusable_link(again=ask_again)  # it was used meanwhile
        except UserExists:
            return await render_template("mail_links/taken.html"), HTTPStatus.CONFLICT
        await flash("Your email address has been confirmed.", "success")
        return redirect(url_for("account.overview" if current_user.is_authenticated else "accounts.login"))
    email = None if owner is None else owner.email
    return await render_template("mail_links/confirm.html", form=form, email=email), form.status


@blueprint.post("/account/email/send-again")
@limited(Limit.MAILS)
@login_required
async def send_again() -> ResponseReturnValue:
    """Send the mail with the link again."""
    email = await send_confirmation_again(current_user)
    if email is None:
        await flash("Your email address is confirmed already.", "success")
    else:
        await flash(f"A mail with a link is on its way to {email}.", "success")
    return redirect(url_for("account.overview"))
