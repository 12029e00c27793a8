"""``shell``: Python with ``await``, inside the application.

In Quart's own nothing can be awaited, as the event loop stands still there. Here the loop has a thread of its own, and
this one waits for somebody to type.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import code
import platform
import signal
import sys
import threading
import traceback
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from inspect import isawaitable
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.accounts.models import User
from quart_app.accounts.users import add_user, user_by_login
from quart_app.migrations.start import prepare_tables
from quart_app.sessions.models import LoginSession

from .running import database_errors_in_a_sentence

if TYPE_CHECKING:
    from quart_app.application import Application

T = TypeVar("T")
Names = dict[str, Any]

_BANNER = """\
Python {python}, with await, in {app}
  app                   the application; its context is at hand
  db                    a database session: await db.scalar(select(func.count(User.id)))
  User, LoginSession    the models; and add_user, user_by_login
  select, func, ...     of sqlalchemy
Nothing is written before await db.commit(). Ctrl+C interrupts, Ctrl+D ends."""

_FROM_SQLALCHEMY = ("and_", "delete", "func", "insert", "or_", "select", "text", "update")


def run_shell(app: Application) -> int:
    """Converse with whoever sits at the terminal, or run the script on standard input, in this context.

    Returns:
        the exit status.

    Raises:
        ClickException: the database does not answer, or its tables are not those of this code.
    """
    with database_errors_in_a_sentence(), _loop_thread() as loop, _database_session(app, loop) as db:
        names = _names(app, db)
        return _converse(app, names, loop) if sys.stdin.isatty() else _run_script(names, loop)


class _Loop:
    """An event loop that runs in another thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._task: asyncio.Task[Any] | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run this there, in the context that is current here. Ctrl+C cancels it."""
        result = asyncio.run_coroutine_threadsafe(self._supervise(work), self.loop)
        while True:
            try:
                return result.result()
            except KeyboardInterrupt:
                self.loop.call_soon_threadsafe(self._cancel)

    async def _supervise(self, work: Coroutine[Any, Any, T]) -> T:
        self._task = asyncio.current_task()
        return await work

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


@contextmanager
def _loop_thread() -> Iterator[_Loop]:
    """A loop, until the end of the block. Ctrl+C is a KeyboardInterrupt here meanwhile, whatever it was before."""
    loop = _Loop()
    thread = threading.Thread(target=loop.loop.run_forever, name="shell", daemon=True)
    thread.start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield loop
    finally:
        signal.signal(signal.SIGINT, before)
        loop.loop.call_soon_threadsafe(loop.loop.stop)
        thread.join()
        loop.loop.close()


@contextmanager
def _database_session(app: Application, loop: _Loop) -> Iterator[AsyncSession]:
    session = app.database.session()

    async def begin() -> AsyncSession:
        await prepare_tables(app.database, upgrade=app.settings.upgrades_at_start)
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
        loop.run(app.database.close())


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


def _run_script(names: Names, loop: _Loop) -> int:
    try:
        block = compile(sys.stdin.read(), "<stdin>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        failed: BaseException | None = error
    else:
        failed = loop.run(_attempt(block, names))
    if isinstance(failed, SystemExit):
        raise failed
    if failed is not None:
        traceback.print_exception(failed)
    return 0 if failed is None else 1


def _converse(app: Application, names: Names, loop: _Loop) -> int:
    """Read, run and print until the end of the input, or ``exit()``."""
    _complete(names)
    with suppress(SystemExit):
        _Console(names, loop).interact(_BANNER.format(python=platform.python_version(), app=app.name), "")
    return 0


class _Console(code.InteractiveConsole):
    def __init__(self, names: Names, loop: _Loop) -> None:
        super().__init__(names)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._names = names
        self._loop = loop

    def runcode(self, code: CodeType) -> None:
        failed = self._loop.run(_attempt(code, self._names))
        if isinstance(failed, SystemExit):
            raise failed
        if failed is not None:
            self.write("".join(traceback.format_exception(failed)))


def _complete(names: Names) -> None:
    """Complete names with the tabulator key, and go back to lines of before. Where there is no readline, do neither."""
    try:
        import readline
        from rlcompleter import Completer
    except ImportError:
        return
    readline.set_completer(Completer(names).complete)
    readline.parse_and_bind("tab: complete")
