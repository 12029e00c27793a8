"""Commands: ``quart --app quart_app --help``."""

from __future__ import annotations

from quart import Quart

from . import database, seed, sessions, user


def init_app(app: Quart) -> None:
    """Add all of them to this application."""
    app.cli.add_command(database.group)
    app.cli.add_command(seed.command)
    app.cli.add_command(sessions.group)
    app.cli.add_command(user.group)
