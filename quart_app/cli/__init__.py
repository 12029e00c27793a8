"""Commands: ``quart --app quart_app --help``."""

from __future__ import annotations

from quart import Quart

from . import database


def init_app(app: Quart) -> None:
    """Add all of them to this application."""
    app.cli.add_command(database.group)
