"""Putting the twin together, out of quart_app's settings."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import URL

import quart_app
from quart_app.secret_key import kept_secret_key
from quart_app.sessions.confirmation import SessionEnded
from quart_app.settings import Settings

from . import account, accounts, answers, database, login, pages
from .forms import protection
from .login import answer_ended_login

_THREADS = 64
"""The most that a worker is started with: each keeps its connection."""

#: Pages that templates link to, and that only quart_app has: addresses without a view.
_ELSEWHERE = {
    "live.page": "/live",
    "api.documentation": "/api/v1/docs",
    "account.email": "/account/email",
    "account.delete": "/account/delete",
    "address.send_again": "/account/email/send-again",
    "new_password.ask": "/forgotten",
    "sessions.end": "/account/sessions/<uuid:session_id>/end",
    "sessions.end_others": "/account/sessions/end-others",
}


def create_app(settings: Settings | None = None) -> Flask:
    """The twin of ``quart_app.create_app(settings)``: it serves the same users, from the same database."""
    settings = settings or Settings()
    home = Path(quart_app.__file__).parent
    instance = settings.instance_path
    app = Flask(
        "flask_twin",
        root_path=str(home),
        instance_path=None if instance is None else str(instance.absolute()),
    )
    app.extensions["settings"] = settings
    app.config.from_mapping(settings.quart_config())
    app.config["PROPAGATE_EXCEPTIONS"] = False
    if settings.secret_key is None:
        app.secret_key = kept_secret_key(Path(app.instance_path) / "secret_key")
    else:
        app.secret_key = settings.secret_key.get_secret_value()
    app.config["SECRET_KEY_FALLBACKS"] = [key.get_secret_value() for key in settings.secret_key_fallbacks]

    file = URL.create("sqlite", database=str(Path(app.instance_path) / "microblog.sqlite3")).render_as_string()
    url = file if settings.database_url is None else settings.database_url.get_secret_value()
    database.init_app(app, url, connections=_THREADS)
    answers.init_app(app)
    protection.init_app(app)
    login.init_app(app)
    for blueprint in (accounts.blueprint, account.blueprint, pages.blueprint):
        app.register_blueprint(blueprint)
    for endpoint, address in _ELSEWHERE.items():
        app.add_url_rule(address, endpoint, build_only=True)
    app.register_error_handler(SessionEnded, answer_ended_login)
    return app
