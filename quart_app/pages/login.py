"""The pages to register, log in, confirm the password, and log out."""

from __future__ import annotations

from quart import Blueprint, flash, redirect, render_template, request, url_for
from quart.typing import ResponseReturnValue

from compat import anonymous_required, login_fresh, login_required
from quart_app.accounts.authentication import authenticate
from quart_app.accounts.login import current_user, end_login, renew_login, start_login
from quart_app.accounts.users import UserExists, add_user
from quart_app.defences.csrf import checked_by_form
from quart_app.defences.rate_limits import Limit, limited
from quart_app.errors.problems import LimitReached

from .account_forms import ReauthenticationForm
from .login_forms import LoginForm, LogoutForm, RegistrationForm
from .next_page import wanted_page

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/login", methods=["GET", "POST"])
@limited(Limit.PASSWORDS)
@checked_by_form
@anonymous_required(redirect_to="pages.index")
async def login() -> ResponseReturnValue:
    """Log in, and redirect to ``next`` if it is a page of this site."""
    wanted = wanted_page()
    form = await LoginForm.from_request()
    if await form.validate_on_submit():
        try:
            user = await authenticate(form.username.data or "", form.password.data or "")
        except LimitReached as error:
            form.postpone(error)
        else:
            if user is not None and await start_login(user, remember=form.remember_me.data):
                return redirect(wanted or url_for("pages.index"))
            await flash("Invalid username or password", "error")
            return redirect(url_for("accounts.login", next=wanted or None))
    page = await render_template("accounts/login.html", form=form, next=wanted or None)
    return page, form.status, form.headers


@blueprint.route("/reauthenticate", methods=["GET", "POST"])
@limited(Limit.PASSWORDS)
@checked_by_form
@login_required
async def reauthenticate() -> ResponseReturnValue:
    """Confirm a remembered login with the password, and redirect to ``next``.

    Only the password of the user who is logged in is accepted.
    """
    wanted = wanted_page()
    form = await ReauthenticationForm.from_request()
    if request.method != "POST" and login_fresh():
        return redirect(wanted or url_for("account.overview"))
    if await form.is_sent_by(current_user):
        await renew_login()
        return redirect(wanted or url_for("account.overview"))
    page = await render_template("accounts/reauthenticate.html", form=form, next=wanted or None)
    return page, form.status, form.headers


@blueprint.route("/logout", methods=["GET", "POST"])
@checked_by_form
async def logout() -> ResponseReturnValue:
    """Log out. A GET request only shows the button, because other sites can make a browser follow a link."""
    form = await LogoutForm.from_request()
    if not current_user.is_authenticated:
        return redirect(url_for("pages.index"))
    if await form.validate_on_submit():
        await end_login()
        return redirect(url_for("pages.index"))
    return await render_template("accounts/logout.html", form=form), form.status


@blueprint.route("/register", methods=["GET", "POST"])
@limited(Limit.REGISTRATIONS)
@checked_by_form
@anonymous_required(redirect_to="pages.index")
async def register() -> ResponseReturnValue:
    """Create an account; logging in to it is the next step."""
    form = await RegistrationForm.from_request()
    if await form.validate_on_submit():
        try:
            await add_user(
                username=form.username.data or "",
                email=form.email.data or "",
                password=form.password.data or "",
            )
        except UserExists as error:
            form.refuse(error.fields)
        else:
            await flash("Congratulations, you are now a registered user!", "success")
            return redirect(url_for("accounts.login"))
    return await render_template("accounts/register.html", form=form), form.status
