"""The commands of ``quart --app quart_app``; ``--help`` lists them.

=================  ==========================================================
``database``       ``db``: migrations
``seed``           ``seed``: many users, for load tests
``sessions``       ``sessions``: list, end and sweep logins
``user``           ``user``: create, close and open accounts
``shell``          ``shell``: Python with ``await`` and a database session
``shell_console``  reads and runs what is typed there
``shell_loop``     its event loop, in another thread
``running``        runs a command in the application's context
``tables``         the same, with tables that are up to date
=================  ==========================================================
"""

from __future__ import annotations

from typing import NoReturn

from quart_app.application import Application

from . import database, seed, sessions, user


def init_app(app: Application) -> None:
    """Add the commands to this application."""
    app.cli.add_command(database.group)
    app.cli.add_command(seed.command)
    app.cli.add_command(sessions.group)
    app.cli.add_command(user.group)
    _install_shell(app)


def _install_shell(app: Application) -> None:
    """Replace Quart's ``shell``, which cannot await anything.

    Quart's own command is found before those of an application. It begins with a call to ``make_shell_context``, so
    the replacement starts there, and ends the command.
    """

    def run_instead() -> NoReturn:
        from .shell import run_shell  # not needed by servers, which import the commands, too

        raise SystemExit(run_shell(app))

    app.make_shell_context = run_instead  # type: ignore[method-assign]
