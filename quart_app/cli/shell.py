"""``shell``: IPython at a terminal, or a script on standard input, with ``await`` and a database session.

Written for IPython 9, of which only documented names are used: ``start_ipython()`` and settings of its shell. It awaits
with the ``loop_runner`` that it is given. It reads input on another event loop, so tasks make progress only while
something is awaited.
"""

from __future__ import annotations

import asyncio
import contextvars
import platform
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import click
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.accounts.users import add_user, user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.migrations.start import prepare_tables
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User
from quart_app.operation.logs import configure_logging

from .running import database_errors_as_messages
from .shell_script import run_script

_BANNER = """\
Python {python}, with await, in {app}
  app                   the application; its context is pushed
  db                    a database session: await db.scalar(select(func.count(User.id)))
  User, LoginSession    the models; and add_user, user_by_login
  select, func, ...     of sqlalchemy
Nothing is written before await db.commit(). Ctrl+C interrupts, Ctrl+D ends.
"""

_NO_IPYTHON = (
    'The shell needs IPython at a terminal. Install it: pip install "quart-flask-login[shell]". '
    "A script on standard input runs without it."
)

_FROM_SQLALCHEMY = ("and_", "delete", "func", "insert", "or_", "select", "text", "update")

Names = dict[str, Any]


def run_shell(app: Application) -> int:
    """Run IPython if standard input is a terminal, or else the script on standard input.

    Call it where no event loop runs: IPython runs its own while it reads input.

    Returns:
        the exit status.

    Raises:
        ClickException: IPython is not installed, the database does not answer, or its tables do not fit this code.
    """
    interact = _ipython() if sys.stdin.isatty() else None
    configure_logging(json=app.settings.log_json, level=app.settings.log_level)
    # All that awaits runs in this context, so the application context is popped in the one that it was pushed in.
    context = contextvars.copy_context()
    with database_errors_as_messages(), asyncio.Runner() as runner:
        run = partial(runner.run, context=context)
        opened = _database_session(app)
        db = run(opened.__aenter__())
        try:
            names = _names(app, db)
            if interact is None:
                return run(run_script(sys.stdin.read(), names))
            # IPython runs input that awaits nothing outside of the loop. It gets the application context in a copy,
            # because a context cannot be entered twice at once.
            context.copy().run(interact, app, names, run)
            return 0
        finally:
            run(opened.__aexit__(None, None, None))


@asynccontextmanager
async def _database_session(app: Application) -> AsyncIterator[AsyncSession]:
    """Push the application context and open a session on tables that are up to date; at the end close all of it."""
    database = current_database.of(app)
    async with app.app_context():
        try:
            settings = app.settings
            await prepare_tables(database, upgrade=settings.upgrades_at_start, environment=settings.stated_environment)
            async with database.session() as session:
                yield session
        finally:
            await database.close()


def _ipython() -> Callable[[Application, Names, Callable[..., Any]], None]:
    """Import IPython; return the function that reads, runs and prints until Ctrl+D or ``exit``."""
    try:
        from IPython import start_ipython
    except ModuleNotFoundError as error:
        if error.name != "IPython":
            raise
        raise click.ClickException(_NO_IPYTHON) from error
    from traitlets.config import Config

    def interact(app: Application, names: Names, run: Callable[..., Any]) -> None:
        config = Config()
        config.TerminalInteractiveShell.banner1 = _BANNER.format(python=platform.python_version(), app=app.name)
        config.TerminalInteractiveShell.confirm_exit = False
        config.TerminalInteractiveShell.loop_runner = lambda awaiting: run(awaiting)  # IPython copies all but functions
        start_ipython(argv=[], user_ns=names, config=config)

    return interact


def _names(app: Application, db: AsyncSession) -> Names:
    return {
        "app": app,
        "db": db,
        "User": User,
        "LoginSession": LoginSession,
        "add_user": add_user,
        "user_by_login": user_by_login,
        **{name: getattr(sqlalchemy, name) for name in _FROM_SQLALCHEMY},
    }
