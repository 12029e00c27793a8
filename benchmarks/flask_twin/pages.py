"""The home page, and who one is, for programs."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from quart_app.pages.posts import EXAMPLES

from .login import current_user

# As quart_app/errors/problems has it.
_LOGIN_REQUIRED = {
    "type": "/api/v1/docs#login-required",
    "title": "Login required",
    "status": 401,
    "detail": "Send a session cookie or a bearer token.",
}

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@blueprint.get("/index")
@login_required
def index() -> str:
    """Greet the user, and show what others wrote."""
    return render_template("pages/index.html", posts=EXAMPLES)


@blueprint.get("/api/v1/me")
def me() -> ResponseReturnValue:
    """Say who is logged in."""
    if not current_user.is_authenticated:
        headers = {"Content-Type": "application/problem+json", "WWW-Authenticate": "Bearer"}
        return jsonify(_LOGIN_REQUIRED), 401, headers
    return jsonify(
        username=current_user.username,
        email=current_user.email,
        email_confirmed=current_user.email_confirmed_at is not None,
        created_at=current_user.created_at.isoformat(),
    )
