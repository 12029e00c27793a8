"""``console``: Python with ``await``, inside the application.

Quart has a ``shell``, for which the event loop stands still, so nothing can be awaited in it.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import code
import platform
import signal
import sys
import traceback
from contextlib import suppress
from inspect import isawaitable
from types import CodeType, FunctionType
from typing import Any

import click
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.accounts.models import User
from quart_app.accounts.users import add_user, user_by_login
from quart_app.application import Application
from quart_app.sessions.models import LoginSession

from .tables import with_tables

_BANNER = """\
Python {python}, with await, in {app}
  app                   the application; its context is at hand
  db                    a database session: await db.scalar(select(func.count(User.id)))
  User, LoginSession    the models; and add_user, user_by_login
  select, func, ...     of sqlalchemy
Nothing is written before await db.commit(). Ctrl+C interrupts, Ctrl+D ends."""

_FROM_SQLALCHEMY = ("and_", "delete", "func", "insert", "or_", "select", "text", "update")

Names = dict[str, Any]


@click.command("console")
@with_tables
async def command(app: Application) -> None:
    """Python with await, inside the application. Standard input may be a script."""
    async with app.database.session() as db:
        names = _names(app, db)
        if sys.stdin.isatty():
            await _converse(app, names)
            return
        # Caught in here: outside, an error of the script's would be one of the database's.
        failed = await _attempt(compile(sys.stdin.read(), "<stdin>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if isinstance(failed, SystemExit):
        raise failed
    if failed is not None:
        traceback.print_exception(failed)
        raise SystemExit(1)


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


async def _attempt(block: CodeType, names: Names) -> BaseException | None:
    """Run a block of code, which may await; gives the error it ended with."""
    try:
        result = FunctionType(block, names)()
        if isawaitable(result):
            await result
    except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - shown to whoever wrote it
        return error
    return None


async def _converse(app: Application, names: Names) -> None:
    """Read, run and print until the end of the input, or ``exit()``.

    Lines are read in a thread, and run on the event loop of the application.
    """
    console = _Console(names, asyncio.get_running_loop())
    with suppress(NotImplementedError):  # on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, console.interrupt)
    _complete(names)
    await asyncio.to_thread(console.interact, _BANNER.format(python=platform.python_version(), app=app.name), "")


class _Console(code.InteractiveConsole):
    def __init__(self, names: Names, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(names)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._names = names
        self._loop = loop
        self._running: asyncio.Task[BaseException | None] | None = None

    def interact(self, banner: str | None = None, exitmsg: str | None = None) -> None:
        with suppress(SystemExit):
            super().interact(banner, exitmsg)

    def runcode(self, code: CodeType) -> None:
        failed = asyncio.run_coroutine_threadsafe(self._run(code), self._loop).result()
        if isinstance(failed, SystemExit):
            raise failed
        if failed is not None:
            self.write("".join(traceback.format_exception(failed)))

    def interrupt(self) -> None:
        """Stop what is running, if it waits for something."""
        if self._running is not None:
            self._running.cancel()

    async def _run(self, block: CodeType) -> BaseException | None:
        self._running = asyncio.create_task(_attempt(block, self._names))
        try:
            return await self._running
        finally:
            self._running = None


def _complete(names: Names) -> None:
    """Complete names with the tabulator key, and go back to lines of before. Where there is no readline, do neither."""
    try:
        import readline
        from rlcompleter import Completer
    except ImportError:
        return
    readline.set_completer(Completer(names).complete)
    readline.parse_and_bind("tab: complete")
