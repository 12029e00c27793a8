"""The pages of one's own account: see it, and change the password, which needs a fresh login."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import fresh_login_required, login_required
from sqlalchemy import update

from quart_app.models.user import User
from quart_app.pages.account import LOGINS_PER_PAGE
from quart_app.sessions.cursors import make_cursor

from .database import db
from .forms import PasswordChangeForm, protection
from .login import current_login_session, current_user, renew_login
from .sessions import end_other_sessions, list_sessions
from .users import check_password, hash_password

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@login_required
def overview() -> str:
    """Who one is, and where one is logged in."""
    here = current_login_session()
    page = list_sessions(current_user.id, limit=LOGINS_PER_PAGE)
    others = [session for session in page.sessions if session.id != here.id]
    secret = str(current_app.secret_key)
    older = None if page.older is None else make_cursor(here.user_id, page.older, secret=secret)
    # No address changes here: the twin sends no mail.
    return render_template("account/overview.html", here=here, others=others, newer=None, older=older, pending=None)


@blueprint.route("/password", methods=["GET", "POST"])
@protection.exempt
@fresh_login_required
def password() -> ResponseReturnValue:
    """Change the password, which logs out everywhere else."""
    form = PasswordChangeForm()
    if form.validate_on_submit():
        if check_password(current_user.password_hash, form.current_password.data or ""):
            changed = hash_password(form.password.data or "")
            db.execute(update(User).where(User.id == current_user.id).values(password_hash=changed))
            end_other_sessions(current_login_session())
            renew_login()
            flash("Your password has been changed. All other logins have been ended.", "success")
            return redirect(url_for("account.overview"))
        form.refuse_password()
    return render_template("account/password.html", form=form), form.status
