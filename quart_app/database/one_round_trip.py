"""An aiosqlite connection for SQLAlchemy that executes a statement in one round trip to its thread.

aiosqlite runs each connection in a thread of its own. For one SELECT SQLAlchemy makes five round trips to it: create
a cursor, execute, fetch, close the cursor, and roll back a transaction that has not begun. Each costs as much as the
query itself. Here a statement with all its rows is one round trip, and COMMIT and ROLLBACK without a transaction are
none. A look-up by key needs no round trip either while the file is quick (see ``pace``): it takes microseconds.

Written for aiosqlite 0.22.1 and SQLAlchemy 2.1. It uses these private parts of ``aiosqlite.Connection``: ``_execute``,
``_conn``, ``_tx``, ``_thread``, ``_connect``, and that ``stop`` puts a function into ``_tx``. Together with rows
instead of ORM objects it lowered the CPU time of a page with a logged-in user from 1.7 to 1.3 times that of the same
page with a user in memory (``benchmarks/page_cost.py`` measures it).

When aiosqlite changes, run ``tests/app/test_one_round_trip.py``. If a private part has gone, pass
:class:`aiosqlite.Connection` to ``async_creator_fn`` in ``sqlite.py``, and execute the pragmas in a ``connect`` event:
everything works as before, with five round trips.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from functools import partial
from math import inf
from time import monotonic, perf_counter
from typing import Any, NamedTuple, Self

import aiosqlite
from sqlalchemy import Connection

from quart_app.waiting_time import current_budget

from .pace import Pace

_NOW = 0.0  # a time that is over: do not wait for other writers
_SERIALIZED = 3  # SQLite's threading mode in which threads may share a connection (PEP 249, threadsafety)


class _Result(NamedTuple):
    rows: list[Any]
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class OneRoundTripConnection(aiosqlite.Connection):
    """A connection that fetches all rows with the statement.

    SQLAlchemy uses a connection for one statement at a time, and reads all rows at once anyway.

    Arguments:
        busy_timeout: ms to wait for another writer, or less if less is left of the waiting time of the request.
        pragmas: statements to execute when the connection is opened.
        pace: how quick the look-ups of this database were; None lets none of them run in the event loop's thread.
        args: passed on to :func:`sqlite3.connect`.
        options: passed on to :func:`sqlite3.connect`.

    Attributes:
        commits_next: whether the next statement is committed in the round trip that executes it.
        looks_up_next: whether the next statement is a look-up, which needs no round trip while the pace is quick.
    """

    def __init__(
        self, *args: Any, busy_timeout: int, pragmas: Iterable[str], pace: Pace | None = None, **options: Any
    ) -> None:
        super().__init__(partial(self._open, pragmas, *args, **options), iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy does: a forgotten connection must not keep the process from ending
        self._is_idle = True
        self.commits_next = False
        self._longest_busy_timeout = self._busy_timeout = busy_timeout
        self.looks_up_next = False
        self._pace = pace if sqlite3.threadsafety == _SERIALIZED else None
        self._file: sqlite3.Connection | None = None
        self._ended: asyncio.Future[Any] | None = None

    def _open(self, pragmas: Iterable[str], *args: Any, **options: Any) -> sqlite3.Connection:
        # In the thread, and all in one round trip: a cancelled request leaves no half-prepared connection in the pool.
        # Two threads use it: this one and, for look-ups, that of the event loop, one after the other.
        self._file = sqlite3.connect(*args, **{**options, "check_same_thread": self._pace is None})
        for pragma in (f"PRAGMA busy_timeout = {self._busy_timeout}", *pragmas):
            self._file.execute(pragma)
        return self._file

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread, and close the file even if the task that opened it was cancelled before it had it."""
        self._tx.put_nowait((None, self._close_file))
        self._ended = super().stop()
        return self._ended

    async def _connect(self) -> aiosqlite.Connection:
        # If the file cannot be opened, aiosqlite stops the thread without waiting for it. A command that ends now would
        # close the event loop before the thread has reported to it.
        try:
            return await super()._connect()
        except Exception:
            if self._ended is not None:
                await self._ended
            raise

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()

    def cursor(self) -> Any:
        """A cursor, without a round trip to the thread."""
        return _Cursor(self)

    async def commit(self) -> None:
        """Commit, if a transaction has begun."""
        if self._has_begun:
            self._is_idle = False
            await super().commit()
            self._is_idle = True

    async def rollback(self) -> None:
        """Roll back, if a transaction has begun."""
        if self._has_begun:
            self._is_idle = False
            await super().rollback()
            self._is_idle = True

    @property
    def _has_begun(self) -> bool:
        # A cancelled statement may have begun a transaction, or may still do so in the thread. A cancelled COMMIT is
        # over for SQLite before it is for the thread, which then still writes.
        return not self._is_idle or self.in_transaction

    async def run(self, method: str, statement: str, parameters: Iterable[Any]) -> _Result:
        """Execute a statement, in the thread unless it is a quick look-up, and return all its rows."""
        looks_up, self.looks_up_next = self.looks_up_next, False
        if looks_up and self._is_idle and self._pace is not None and self._pace.is_quick:
            begin = perf_counter()
            try:
                return self._run(_NOW, method, statement, parameters)
            except sqlite3.OperationalError:
                pass  # locked, as a file in WAL mode seldom is: wait for it in the thread, and fail there if it must be
            finally:
                self._pace.note(perf_counter() - begin)
        run = self._run_and_commit if self.commits_next else self._run
        self.commits_next = self._is_idle = False
        budget = current_budget.get()
        left = inf if budget is None else budget.ends_at - asyncio.get_running_loop().time()
        result: _Result = await self._execute(run, monotonic() + left, method, statement, parameters)  # type: ignore[no-untyped-call]
        self._is_idle = True
        return result

    def _run(self, ends_at: float, method: str, statement: str, parameters: Iterable[Any]) -> _Result:
        self._limit_wait_for_writers(ends_at)
        cursor = getattr(self._conn, method)(statement, parameters)
        rows = cursor.fetchall() if cursor.description else []
        result = _Result(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
        cursor.close()
        return result

    def _run_and_commit(self, ends_at: float, method: str, statement: str, parameters: Iterable[Any]) -> _Result:
        result = self._run(ends_at, method, statement, parameters)
        self._conn.commit()
        return result

    def _limit_wait_for_writers(self, ends_at: float) -> None:
        # Cancelling the task does not interrupt SQLite, and the rollback would wait for the thread.
        left = max(ends_at - monotonic(), 0.0) * 1000
        milliseconds = int(min(left, self._longest_busy_timeout))
        if milliseconds != self._busy_timeout:
            self._conn.execute(f"PRAGMA busy_timeout = {milliseconds}")
            self._busy_timeout = milliseconds


def commit_next_statement(connection: Connection) -> None:
    """Commit the next statement of SQLAlchemy's connection in the round trip that executes it."""
    driver_connection: Any = connection.connection.driver_connection
    driver_connection.commits_next = True


def look_up_next(connection: Connection) -> None:
    """Execute the next statement of SQLAlchemy's connection, a SELECT by key, without a round trip if it is quick.

    In WAL mode a reader waits for no writer, so all that it waits for is the file.
    """
    driver_connection: Any = connection.connection.driver_connection
    driver_connection.looks_up_next = True


class _Cursor:
    """The part of aiosqlite's cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: OneRoundTripConnection) -> None:
        self._connection = connection
        self._keep(_Result([]))

    def _keep(self, result: _Result) -> None:
        self._rows, self.description, self.rowcount, self.lastrowid = result

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> Self:
        self._keep(await self._connection.run("execute", statement, parameters))
        return self

    async def executemany(self, statement: str, parameters: Iterable[Any]) -> Self:
        self._keep(await self._connection.run("executemany", statement, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        pass
