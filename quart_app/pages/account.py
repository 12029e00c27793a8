"""The pages of the user's own account: overview, password, email address, deletion."""

from __future__ import annotations

from quart import Blueprint, abort, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue

from compat import fresh_login_required, login_required
from quart_app.accounts.addresses import pending_address, request_email_change
from quart_app.accounts.changes import change_password
from quart_app.accounts.closing import delete_own_account
from quart_app.accounts.login import current_login_session, current_user, forget_login, write_renewed_login
from quart_app.accounts.mail_limit import TooManyMails
from quart_app.defences.csrf import checked_by_form
from quart_app.defences.rate_limits import Limit, limited
from quart_app.sessions.cursors import make_cursor, read_cursor
from quart_app.sessions.listing import list_sessions

from .account_forms import DeletionForm, EmailChangeForm, PasswordChangeForm

LOGINS_PER_PAGE = 20

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@login_required
async def overview() -> str:
    """Show the account and a page of its logins: this one, and others, the newest first."""
    before, after = _position("before"), _position("after")
    page = await list_sessions(current_user.id, limit=LOGINS_PER_PAGE, before=before, after=after)
    here = current_login_session()
    return await render_template(
        "account/overview.html",
        here=here,
        pending=await pending_address(current_user),
        others=[session for session in page.sessions if session.id != here.id],
        newer=_cursor(page.newer),
        older=_cursor(page.older),
    )


@blueprint.route("/password", methods=["GET", "POST"])
@limited(Limit.PASSWORDS)
@checked_by_form
@fresh_login_required
async def password() -> ResponseReturnValue:
    """Change the password, which ends all other logins."""
    form = await PasswordChangeForm.from_request()
    if await form.is_sent_by(current_user):
        await change_password(current_user, form.password.data or "")
        write_renewed_login()
        await flash("Your password has been changed. All other logins have been ended.", "success")
        return redirect(url_for("account.overview"))
    return await render_template("account/password.html", form=form), form.status, form.headers


@blueprint.route("/email", methods=["GET", "POST"])
@limited(Limit.PASSWORDS)
@checked_by_form
@fresh_login_required
async def email() -> ResponseReturnValue:
    """Ask for another email address, which the account gets by a link in a mail to it."""
    form = await EmailChangeForm.from_request()
    if await form.is_sent_by(current_user):
        try:
            await request_email_change(current_user, form.email.data or "")
        except TooManyMails as error:
            form.postpone(error)
        else:
            await flash(f"A mail with a link is on its way to {form.email.data}. Open the link to confirm.", "success")
            return redirect(url_for("account.overview"))
    return await render_template("account/email.html", form=form), form.status, form.headers


@blueprint.route("/delete", methods=["GET", "POST"])
@limited(Limit.PASSWORDS)
@checked_by_form
@fresh_login_required
async def delete() -> ResponseReturnValue:
    """Delete the account with all its logins."""
    form = await DeletionForm.from_request()
    if await form.is_sent_by(current_user):
        await delete_own_account(current_user)
        forget_login()
        await flash("Your account has been deleted. Goodbye!", "success")
        return redirect(url_for("accounts.login"))
    return await render_template("account/delete.html", form=form), form.status, form.headers


def _position(name: str) -> int | None:
    """The position that a cursor in the query string says, None if there is none. Anything else is answered 404."""
    values = request.args.getlist(name)
    if not values:
        return None
    position = read_cursor(current_user.id, values[0]) if len(values) == 1 else None
    return abort(404) if position is None else position


def _cursor(position: int | None) -> str | None:
    return None if position is None else make_cursor(current_user.id, position)
