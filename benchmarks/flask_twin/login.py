"""Logging in and out, and the current user: quart_app's ``accounts/login``, on Flask-Login."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

import flask_login
from flask import Flask, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from quart_app.clients import describe_client
from quart_app.defences.session_keys import USER_ID
from quart_app.models.login_session import Kind, LoginSession
from quart_app.models.user import User
from quart_app.operation.events import RESTORED
from quart_app.sessions.confirmation import SessionEnded

from .sessions import create_session, end_session, find_user, renew_session

P = ParamSpec("P")

login_manager = flask_login.LoginManager()
login_manager.login_view = "accounts.login"
login_manager.refresh_view = "accounts.reauthenticate"
login_manager.needs_refresh_message = "Please confirm that it is you to access this page."
login_manager.user_loader(find_user)

current_user = cast(User, flask_login.current_user)


def init_app(app: Flask) -> None:
    """Add Flask-Login, and keep in the session that a login was restored, as quart_app does to record it once."""
    login_manager.init_app(app)
    flask_login.user_loaded_from_cookie.connect(_note_restored_login, app)
    app.before_request(_note_login_of_session)


def _note_login_of_session() -> None:
    """Keep whether the session cookie names a login, before Flask-Login adds that of a remember cookie."""
    g.has_session_login = USER_ID in session


def _note_restored_login(_app: Flask, user: User) -> None:
    session.setdefault(RESTORED, True)


def anonymous_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """For pages such as login and registration: users are sent home."""

    @wraps(view)
    def guarded_view(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(url_for("pages.index"))
        return view(*args, **kwargs)

    return guarded_view


def start_login(user: User, *, remember: bool) -> bool:
    """Log in, by a new login session, with nothing from before; False if the account may not be used."""
    row = create_session(
        user,
        kind=Kind.REMEMBERED if remember else Kind.SESSION,
        client=describe_client(request.headers.get("User-Agent")),
        address=request.remote_addr or "",
    )
    if row is None:
        return False
    user.login_session = row
    session.clear()
    return bool(flask_login.login_user(user, remember=remember))


def renew_login() -> None:
    """Make the login fresh after its user has entered the password again, under a new handle.

    Raises:
        SessionEnded: it has been ended in the meantime.
    """
    row = current_login_session()
    renew_session(row)
    session.clear()
    flask_login.login_user(current_user, remember=row.is_remembered)
    flask_login.confirm_login()


def end_login() -> None:
    """Log out: end the login session, so that no copy of its cookies opens anything, and leave nothing in this one."""
    end_session(current_login_session())
    _forget_login()


def current_login_session() -> LoginSession:
    """The row of this login; call it only for a logged-in user."""
    row = current_user.login_session
    assert row is not None
    return row


def answer_ended_login(_error: SessionEnded) -> ResponseReturnValue:
    """The answer where a login was ended from elsewhere while it was being changed: to log in again."""
    flash("This login has been ended. Nothing was changed; please log in again.", "error")
    return redirect(url_for("accounts.login"))


def _forget_login() -> None:
    session.clear()
    flask_login.logout_user()
