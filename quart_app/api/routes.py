"""All of the API, put into an application."""

from __future__ import annotations

from quart import Quart

from . import documentation, openapi, sessions, users
from .blueprint import blueprint

#: The modules that add their routes to the blueprint, by being imported.
PARTS = (users, sessions, openapi, documentation)


def init_app(app: Quart) -> None:
    """Add the API."""
    app.register_blueprint(blueprint)
    openapi.init_app(app)
