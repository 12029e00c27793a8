"""SQLite, with one trip to its thread for a statement.

aiosqlite keeps each connection in a thread of its own. For one SELECT SQLAlchemy sends it there five times: for a
cursor, to execute, to fetch, to close the cursor, and to roll back what has not begun. Each trip costs as much as the
query itself. Here a statement and all its rows are one trip, and what has not begun needs none to end.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple, Self

import aiosqlite


class _Answer(NamedTuple):
    rows: list[Any]
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class OneTripConnection(aiosqlite.Connection):
    """A connection for SQLAlchemy, which uses it for one thing at a time and reads all rows at once anyway."""

    def __init__(self, *args: Any, pragmas: Iterable[str], **options: Any) -> None:
        super().__init__(partial(self._open, pragmas, *args, **options), iter_chunk_size=64)
        self._thread.daemon = True  # as SQLAlchemy does: a forgotten connection must not keep the process from ending
        self._is_idle = True
        self._file: sqlite3.Connection | None = None
        self._ended: asyncio.Future[Any] | None = None

    def _open(self, pragmas: Iterable[str], *args: Any, **options: Any) -> sqlite3.Connection:
        # In the thread, and all in one trip: who goes away in the middle leaves nothing half prepared in the pool.
        self._file = sqlite3.connect(*args, **options)
        for pragma in pragmas:
            self._file.execute(pragma)
        return self._file

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread, and close the file even if whoever opened it did not wait for it."""
        self._tx.put_nowait((None, self._close_file))
        self._ended = super().stop()
        return self._ended

    async def _connect(self) -> aiosqlite.Connection:
        # One that cannot be opened is stopped, which nobody waits for: a command that ends now would close the loop
        # that the thread answers to.
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
        """A cursor, without going to the thread for one."""
        return _Cursor(self)

    async def commit(self) -> None:
        """Commit, if there is anything to."""
        if self._has_begun:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back, if there is anything to."""
        if self._has_begun:
            await super().rollback()

    @property
    def _has_begun(self) -> bool:
        # Nobody knows what a statement that nobody waited for has done, or is going to do.
        return not self._is_idle or self.in_transaction

    async def answer(self, method: str, statement: str, parameters: Iterable[Any]) -> _Answer:
        """Execute a statement in the thread, and bring all it gives."""
        self._is_idle = False
        answer: _Answer = await self._execute(self._answer, method, statement, parameters)  # type: ignore[no-untyped-call]
        self._is_idle = True
        return answer

    def _answer(self, method: str, statement: str, parameters: Iterable[Any]) -> _Answer:
        cursor = getattr(self._conn, method)(statement, parameters)
        rows = cursor.fetchall() if cursor.description else []
        answer = _Answer(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
        cursor.close()
        return answer


class _Cursor:
    """The part of aiosqlite's cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._last = _Answer([])

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> Self:
        self._last = await self._connection.answer("execute", statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Any]) -> Self:
        self._last = await self._connection.answer("executemany", statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        return self._last.rows

    async def close(self) -> None:
        pass

    @property
    def description(self) -> Any:
        return self._last.description

    @property
    def rowcount(self) -> int:
        return self._last.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._last.lastrowid
