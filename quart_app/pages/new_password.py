"""The pages for users who have forgotten their password: ask for a link by mail, and set a new password by it."""

from __future__ import annotations

from quart import Blueprint, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue

from compat import safe_next_url
from quart_app.accounts.forgotten_passwords import find_new_password_owner, request_new_password, set_new_password
from quart_app.accounts.login import current_user, forget_login
from quart_app.defences.csrf import checked_by_form
from quart_app.defences.rate_limits import Limit, limited

from .login_forms import ForgottenPasswordForm, NewPasswordForm
from .mail_links import show_unusable_link
from .next_page import wanted_page

blueprint = Blueprint("new_password", __name__)


@blueprint.route("/forgotten", methods=["GET", "POST"])
@limited(Limit.MAILS)
@checked_by_form
async def ask() -> ResponseReturnValue:
    """Ask for a link by mail. The answer is the same whether there is an account or not."""
    wanted = wanted_page()
    form = await ForgottenPasswordForm.from_request()
    if await form.validate_on_submit():
        await request_new_password(form.email.data or "", next_url=wanted or None)
        await flash("If there is an account with this address, a mail with a link is on its way.", "success")
        return redirect(url_for("accounts.login", next=wanted or None))
    return await render_template("new_password/ask.html", form=form, next=wanted or None), form.status


@blueprint.route("/password/new", methods=["GET", "POST"])
@limited(Limit.PASSWORDS)
@checked_by_form
async def choose() -> ResponseReturnValue:
    """Set a new password by a link. Afterwards nobody is logged in at this browser, whoever was before."""
    form = await NewPasswordForm.from_request()
    token = form.take_token(request.args.get("token"))
    owner = None if form.is_forged() else await find_new_password_owner(token)
    kept = None if owner is None else owner.next_url
    wanted = safe_next_url(kept or "", "")  # not None, which would be that of the URL
    ask_again = url_for("new_password.ask", next=wanted or None)
    if owner is None and not form.outdated:
        return await show_unusable_link(again=ask_again)
    form.user = None if owner is None else owner.user
    if await form.validate_on_submit():
        here = current_user.login_session if current_user.is_authenticated else None
        if not await set_new_password(token, form.password.data or "", here=here):
            return await show_unusable_link(again=ask_again)  # it was used meanwhile
        forget_login()
        await flash("Your new password has been set, and all logins have been ended. Please log in with it.", "success")
        return redirect(url_for("accounts.login", next=wanted or None))
    return await render_template("new_password/choose.html", form=form), form.status
