"""The pages to register, log in, confirm who one is, and log out."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_fresh, login_required

from compat import safe_next_url
from quart_app.accounts.users import UserExists
from quart_app.pages.next_page import openable

from .forms import LoginForm, LogoutForm, ReauthenticationForm, RegistrationForm, protection
from .login import anonymous_required, current_user, end_login, renew_login, start_login
from .users import add_user, authenticate, check_password

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/login", methods=["GET", "POST"])
@protection.exempt
@anonymous_required
def login() -> ResponseReturnValue:
    """Log in, and go on to where one wanted to go (``next``), if that is a page of ours."""
    wanted = _wanted()
    form = LoginForm()
    if form.validate_on_submit():
        user = authenticate(form.username.data or "", form.password.data or "")
        if user is not None and start_login(user, remember=form.remember_me.data):
            return redirect(wanted or url_for("pages.index"))
        flash("Invalid username or password", "error")
        return redirect(url_for("accounts.login", next=wanted or None))
    return render_template("accounts/login.html", form=form, next=wanted or None), form.status


@blueprint.route("/reauthenticate", methods=["GET", "POST"])
@protection.exempt
@login_required
def reauthenticate() -> ResponseReturnValue:
    """Let a user whom a cookie has brought back enter the password, and go on to ``next``."""
    wanted = _wanted()
    form = ReauthenticationForm()
    if request.method != "POST" and login_fresh():
        return redirect(wanted or url_for("account.overview"))
    if form.validate_on_submit():
        if check_password(current_user.password_hash, form.current_password.data or ""):
            renew_login()
            return redirect(wanted or url_for("account.overview"))
        form.refuse_password()
    return render_template("accounts/reauthenticate.html", form=form, next=wanted or None), form.status


@blueprint.route("/logout", methods=["GET", "POST"])
@protection.exempt
def logout() -> ResponseReturnValue:
    """Log out, after asking."""
    form = LogoutForm()
    if not current_user.is_authenticated:
        return redirect(url_for("pages.index"))
    if form.validate_on_submit():
        end_login()
        return redirect(url_for("pages.index"))
    return render_template("accounts/logout.html", form=form), form.status


@blueprint.route("/register", methods=["GET", "POST"])
@protection.exempt
@anonymous_required
def register() -> ResponseReturnValue:
    """Create an account; logging in to it is the next step."""
    form = RegistrationForm()
    if form.validate_on_submit():
        try:
            add_user(
                username=form.username.data or "",
                email=form.email.data or "",
                password=form.password.data or "",
            )
        except UserExists as error:
            form.refuse(error.fields)
        else:
            flash("Congratulations, you are now a registered user!", "success")
            return redirect(url_for("accounts.login"))
    return render_template("accounts/register.html", form=form), form.status


def _wanted() -> str:
    return openable(safe_next_url(request.args.get("next", ""), ""), current_app.url_map)
