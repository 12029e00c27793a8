"""The database: one engine for the application, one session for each piece of work."""

from __future__ import annotations

from asyncio import Semaphore, sleep, timeout
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any, ClassVar, TypeVarTuple

from sqlalchemy import DateTime, Dialect, Row, Select, TypeDecorator, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.util import greenlet_spawn
from werkzeug.exceptions import ServiceUnavailable

from .one_trip import OneTripConnection

Ts = TypeVarTuple("Ts")

_MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
"""What the database says of a statement, not of itself: these are for the caller, or are bugs."""

_FAULTS = (DBAPIError, PoolTimeoutError, TimeoutError, OSError)
"""The database is down, unreachable, locked, full or too slow. Drivers raise the last two as they are."""

_SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",  # ms to wait for another writer
    "PRAGMA synchronous = NORMAL",  # no fsync for each commit: with WAL a killed process loses nothing
    "PRAGMA foreign_keys = ON",
)


_CONNECTIONS = 10
_PATIENCE = 1.0  # seconds to wait for one of them
_PATIENCE_AT_START = 10.0  # seconds to wait for other workers that start


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. SQLite forgets the time zone of what it stores; here it is UTC, and says so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """On the way in: any time zone, but one."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: make it with datetime.now(UTC).")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """On the way out: UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What all tables inherit."""

    type_annotation_map: ClassVar = {datetime: UtcDateTime}


class DatabaseUnavailable(ServiceUnavailable):
    """The database cannot answer now: 503, as nothing is known of the user, least of all "nobody"."""

    def __init__(self) -> None:
        super().__init__("The database does not answer. Nothing was changed; try again.", retry_after=1)


class Database:
    """Connections to the database at a URL.

    Arguments:
        url: an SQLAlchemy URL with an async driver, such as ``sqlite+aiosqlite:////srv/microblog.sqlite3``.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._engine = create_async_engine(
            parsed,
            pool_size=_CONNECTIONS,
            max_overflow=0,  # what overflows is opened for one query and closed again: under load, most of the work
            pool_timeout=_PATIENCE,
            pool_pre_ping=_is_remote(parsed.drivername),
            connect_args={} if _is_remote(parsed.drivername) else {"async_creator_fn": OneTripConnection},
        )
        self._turns = Semaphore(_CONNECTIONS)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        if not _is_remote(parsed.drivername):
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session for one piece of work, closed at its end; commit it yourself.

        Raises:
            DatabaseUnavailable: whatever goes wrong with the database itself, in the words of its driver.
        """
        try:
            async with self._turn(), self._sessions() as session:
                yield session
        except _MISTAKES:
            raise
        except _FAULTS as fault:
            raise DatabaseUnavailable from fault

    async def first(self, statement: Select[*Ts], parameters: Mapping[str, object]) -> Row[*Ts] | None:
        """The first row that a SELECT gives, without a session: for the question that every request asks.

        A session, and its objects, cost several times what SQLite needs to answer; and of what is left, an
        asynchronous connection would cost half, as it opens, executes and closes as a task or greenlet each.

        Raises:
            DatabaseUnavailable: as :meth:`session`.
        """
        try:
            async with self._turn():
                return await greenlet_spawn(self._first, statement, parameters)
        except _MISTAKES:
            raise
        except _FAULTS as fault:
            raise DatabaseUnavailable from fault

    def _first(self, statement: Select[*Ts], parameters: Mapping[str, object]) -> Row[*Ts] | None:
        with self._engine.sync_engine.connect() as connection:
            return connection.execute(statement, parameters).first()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait in line for a connection. The pool has no line: who comes at the right moment passes those who wait.

        With 128 clients at once some waited for more than a second there, and nobody for half of one here.
        """
        if self._turns.locked():
            async with timeout(_PATIENCE):
                await self._turns.acquire()
        else:
            await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()

    async def create_tables(self) -> None:
        """Create what does not exist yet; safe when several workers start at once."""
        if not _is_remote(self._engine.dialect.name):
            await self._let_readers_pass()
        async with self._engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                await connection.execute(CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    await connection.execute(CreateIndex(index, if_not_exists=True))

    async def _let_readers_pass(self) -> None:
        """Set an SQLite file's journal to WAL, with which readers never wait for the writer.

        It is a property of the file and needs the file for oneself for a moment. SQLite does not wait for that
        moment, whatever the busy timeout is, so we do.
        """
        deadline = monotonic() + _PATIENCE_AT_START
        while True:
            try:
                async with self._engine.connect() as connection:
                    await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            except OperationalError as error:
                if "locked" not in str(error.orig) or monotonic() > deadline:
                    raise
                await sleep(0.05)
            else:
                return

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _is_remote(driver: str) -> bool:
    return not driver.startswith("sqlite")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
