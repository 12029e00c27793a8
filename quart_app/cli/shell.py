"""``shell``: Python with ``await``, in the application's context.

Quart's own shell cannot await anything, because its event loop does not run while it reads input. Here the loop runs
in another thread, and this one reads input.
"""

from __future__ import annotations

import builtins
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
from .shell_console import Names, converse, run_script
from .shell_loop import Loop, loop_thread

_BANNER = """\
Python {python}, with await, in {app}
  app                   the application; its context is at hand
  db                    a database session: await db.scalar(select(func.count(User.id)))
  User, LoginSession    the models; and add_user, user_by_login
  select, func, ...     of sqlalchemy
Nothing is written before await db.commit(). Ctrl+C interrupts, Ctrl+D ends."""

_FROM_SQLALCHEMY = ("and_", "delete", "func", "insert", "or_", "select", "text", "update")


def run_shell(app: Application) -> int:
    """Run an interactive shell at a terminal, or else the script on standard input.

    Returns:
        the exit status.

    Raises:
        ClickException: the database does not answer, or its tables do not fit this code.
    """
    configure_logging(json=app.settings.log_json, level=app.settings.log_level)
    with database_errors_as_messages(), loop_thread() as loop, _database_session(app, loop) as db:
        names = _names(app, db)
        if not sys.stdin.isatty():
            return run_script(sys.stdin.read(), names, loop)
        converse(_BANNER.format(python=platform.python_version(), app=app.name), names, loop)
        return 0


@contextmanager
def _database_session(app: Application, loop: Loop) -> Iterator[AsyncSession]:
    session = current_database.of(app).session()

    async def begin() -> AsyncSession:
        settings = app.settings
        await prepare_tables(
            current_database.of(app), upgrade=settings.upgrades_at_start, environment=settings.stated_environment
        )
        return await session.__aenter__()

    async def end() -> None:
        await session.__aexit__(None, None, None)

    try:
        db = loop.run(begin())
        try:
            yield db
        finally:
            loop.run(end())
    finally:
        loop.run(current_database.of(app).close())


def _names(app: Application, db: AsyncSession) -> Names:
    return {
        "__builtins__": builtins,
        "__name__": "__console__",
        "app": app,
        "db": db,
        "User": User,
        "LoginSession": LoginSession,
        "add_user": add_user,
        "user_by_login": user_by_login,
        **{name: getattr(sqlalchemy, name) for name in _FROM_SQLALCHEMY},
    }
