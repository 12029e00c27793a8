"""The routes of the API, registered with an application."""

from __future__ import annotations

from quart import Quart

from . import account_changes, bare_answers, current_session, documentation, index, mail_links, openapi, sessions, users
from .blueprint import blueprint

#: The modules whose import adds their routes to the blueprint.
PARTS = (index, users, account_changes, mail_links, sessions, current_session, openapi, documentation)


def init_app(app: Quart) -> None:
    """Add the API."""
    app.register_blueprint(blueprint)
    openapi.init_app(app)
    bare_answers.init_app(app)
