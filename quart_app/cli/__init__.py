"""Commands: ``quart --app quart_app --help``. Each has a module of its name; that of ``db`` is ``database``.

``running`` and ``tables`` say how they run; ``shell_console`` and ``shell_loop`` are parts of ``shell``.
"""

from __future__ import annotations

from typing import NoReturn

from quart_app.application import Application

from . import database, seed, sessions, user


def init_app(app: Application) -> None:
    """Add all of them to this application."""
    app.cli.add_command(database.group)
    app.cli.add_command(seed.command)
    app.cli.add_command(sessions.group)
    app.cli.add_command(user.group)
    _install_shell(app)


def _install_shell(app: Application) -> None:
    """Replace Quart's ``shell``, in which nothing can be awaited, by ours.

    Quart's own command is found before those of an application. The first thing that it does is to ask for the names
    that the shell is to have, so that is where ours starts, and it ends the command.
    """

    def run_instead() -> NoReturn:
        from .shell import run_shell  # servers have the commands, too, and start without this one

        raise SystemExit(run_shell(app))

    app.make_shell_context = run_instead  # type: ignore[method-assign]
