"""Commands: ``quart --app quart_app --help``. Each has a module of its name; that of ``db`` is ``database``.

``running`` and ``tables`` say how they run; ``shell_console`` and ``shell_loop`` are parts of ``shell``.
"""

from __future__ import annotations

from quart import Quart

from . import database, seed, sessions, user


def init_app(app: Quart) -> None:
    """Add all of them to this application."""
    app.cli.add_command(database.group)
    app.cli.add_command(seed.command)
    app.cli.add_command(sessions.group)
    app.cli.add_command(user.group)
