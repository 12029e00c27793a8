"""The routes of the API, registered with an application."""

from __future__ import annotations

from quart import Quart

from . import account_changes, documentation, openapi, sessions, users
from .blueprint import blueprint

#: The modules whose import adds their routes to the blueprint.
PARTS = (users, account_changes, sessions, openapi, documentation)


def init_app(app: Quart) -> None:
    """Add the API."""
    app.register_blueprint(blueprint)
    openapi.init_app(app)
