"""The commands of ``quart --app quart_app``; ``--help`` lists them.

================  ==========================================================
``database``      ``db``: migrations
``mail``          ``mail``: list mails that were not sent, and send them
``seed``          ``seed``: many users, for load tests
``sessions``      ``sessions``: list, end and sweep logins
``user``          ``user``: create, close and open accounts
``shell``         ``shell``: IPython with ``await`` and a database session
``shell_script``  runs a script that is piped into ``shell``
``running``       runs a command in the application's context
``tables``        the same, with tables that are up to date
================  ==========================================================
"""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn

import click

from quart_app.application import Application

from . import database, mail, seed, sessions, user


def init_app(app: Application) -> None:
    """Add the commands to this application."""
    app.cli.add_command(database.group)
    app.cli.add_command(mail.group)
    app.cli.add_command(seed.command)
    app.cli.add_command(sessions.group)
    app.cli.add_command(user.group)
    _install_shell(app)


class _Replaced(Exception):
    """Ends Quart's ``shell``."""


def _install_shell(app: Application) -> None:
    """Replace Quart's ``shell``, which cannot await anything.

    Quart's own command is found before those of an application. It begins with a call to ``make_shell_context``, on a
    running event loop, where IPython cannot run its own. So the replacement ends Quart's command there, as if it had
    returned, and runs when click closes the context of ``quart``. (It does not run while an exception is on its way:
    each traceback in the shell would show that one, too.)
    """

    def run_instead() -> NoReturn:
        context = click.get_current_context()
        context.with_resource(suppress(_Replaced))
        context.find_root().call_on_close(run)
        raise _Replaced

    def run() -> NoReturn:
        from .shell import run_shell  # not needed by servers, which import the commands, too

        raise SystemExit(run_shell(app))

    app.make_shell_context = run_instead  # type: ignore[method-assign]
