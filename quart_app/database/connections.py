"""The database of an application: its connections, and the ways to use them."""

from __future__ import annotations

from asyncio import create_task, shield, timeout
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import Executable, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker
from sqlalchemy.util import greenlet_spawn

from quart_app.extension import Extension
from quart_app.waiting_time import Waiting, in_time

from .backends import backend_at
from .connection_limiter import ConnectionLimiter
from .data_loader import DataLoader, Key, KeyQuery
from .faults import DatabaseUnavailable, OutcomeUnknown, faults_are_unavailability, is_fault
from .pace import is_alone

_POOL_TIMEOUT = 1.0  # seconds to wait for the pool itself, behind the connection limiter


class DatabaseSession(AsyncSession):
    """A session that knows whether its changes may have been committed.

    Attributes:
        may_be_committed: whether COMMIT was sent, whatever became of it.
    """

    may_be_committed = False

    async def commit(self) -> None:
        """Commit; see :meth:`AsyncSession.commit`."""
        if self.new or self.dirty or self.deleted:
            await self.flush()  # what fails here is not committed
        self.may_be_committed = True
        await super().commit()


class Database:
    """Connections to the database at a URL.

    Arguments:
        url: as :mod:`quart_app.database_url` explains it.
        pool_size: how many sessions are open at once; further ones wait in a queue. Loads by a key have one connection
            more, so that users who are logged in do not wait behind a burst of logins. Health checks have another one.
        behind_pooler: whether the URL names a connection pooler in transaction mode, such as PgBouncer.
        direct_url: the same database without the pooler, for migrations; None is *url* where that is not a pooler.
        in_use: counts the connections that are used.

    Raises:
        UnusableDatabaseUrl: a URL names neither SQLite nor PostgreSQL, or the driver is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        behind_pooler: bool = False,
        direct_url: str | None = None,
        in_use: Gauge | None = None,
    ) -> None:
        self._backend = backend_at(url, behind_pooler=behind_pooler, direct_url=direct_url)
        self._engine = self._backend.engine(pool_size=pool_size + 1, pool_timeout=_POOL_TIMEOUT)
        self._autocommit_engine = self._engine.sync_engine.execution_options(**self._backend.autocommit_options)
        self._sessions_limiter = ConnectionLimiter(pool_size, stall_timeout=self._backend.stall_timeout)
        self._connections_limiter = ConnectionLimiter(pool_size + 1, stall_timeout=self._backend.stall_timeout)
        # Around each use of a connection.
        self._counted: Callable[[], AbstractContextManager[Any]] = (
            nullcontext if in_use is None else in_use.track_inprogress
        )
        self._loaders: dict[KeyQuery[Any], DataLoader[Any]] = {}
        # Connected at the first health check.
        self._probe_engine = self._backend.engine(pool_size=1, pool_timeout=_POOL_TIMEOUT)
        self._sessions = async_sessionmaker(self._engine, class_=DatabaseSession, expire_on_commit=False)

    @property
    def can_migrate(self) -> bool:
        """Whether there is a connection for migrations: not behind a connection pooler without a direct URL."""
        return self._backend.can_migrate

    @property
    def dropped_parameters(self) -> Sequence[str]:
        """A sentence for each parameter of the URLs that has no effect."""
        return self._backend.dropped_parameters

    @property
    def files(self) -> Sequence[Path]:
        """The files that hold the data, existing or not; none for a server, which has its own."""
        return self._backend.files

    async def open(self) -> None:
        """Prepare the database when a server starts."""
        await self._backend.open(self._engine)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session for one piece of work, closed at the end of the block without a commit.

        Raises:
            DatabaseUnavailable: the database failed, had no free connection in time, or the waiting time of the request
                is over; the cause is the driver's error, or a TimeoutError.
            OutcomeUnknown: the same, after a commit had begun.
        """
        session: DatabaseSession | None = None
        try:
            async with self._sessions_limiter, self._connections_limiter, Waiting(self._backend.operation_timeout):
                with self._counted():
                    session = self._sessions()
                    try:
                        yield session
                    except BaseException:
                        # In a task, so that a request that is given up waits for the rollback, too.
                        await shield(create_task(session.close()))
                        raise
                    await session.close()
        except Exception as error:
            if is_fault(error):
                may_be_committed = session is not None and session.may_be_committed
                fault = OutcomeUnknown if may_be_committed else DatabaseUnavailable
                raise fault from error
            raise

    async def execute(self, statement: Executable) -> Sequence[Row[*tuple[Any, ...]]]:
        """Execute one statement in a transaction of its own, and return its rows.

        It is committed in the round trip in which it is executed; a session makes one more, or two with PostgreSQL. If
        the task is cancelled meanwhile, the statement may have been committed.

        Raises:
            DatabaseUnavailable: as :meth:`session`.
        """
        try:
            async with self._sessions_limiter, self._connections_limiter, Waiting(self._backend.operation_timeout):
                with self._counted():
                    return await greenlet_spawn(self._execute_and_commit, statement)
        except Exception as error:
            if is_fault(error):
                raise DatabaseUnavailable from error
            raise

    def _execute_and_commit(self, statement: Executable) -> Sequence[Row[*tuple[Any, ...]]]:
        with self._autocommit_engine.connect() as connection:
            self._backend.commit_at_once(connection)
            result = connection.execute(statement)
            rows = result.all() if result.returns_rows else []
            connection.commit()  # no round trip where it is committed already
            return rows

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name for the kind of database."""
        return self._engine.dialect.name

    async def load(self, query: KeyQuery[Key], key: Key) -> Row[Any] | None:
        """The row with this key, without a session: for the query that every request makes.

        A session and its objects cost several times as much as the query in SQLite. Most of the rest is the round
        trip, which all requests share that load a row at the same time.

        Raises:
            DatabaseUnavailable: as :meth:`session`.
        """
        if query not in self._loaders:
            self._loaders[query] = DataLoader(
                query,
                self._connections_limiter,
                self._autocommit_engine,
                timeout=self._backend.operation_timeout,
                prepare=self._backend.look_up_at_once,
                has_arrays=self._backend.has_arrays,
                counted=self._counted,
            )
        try:
            loader, pace = self._loaders[query], self._backend.pace
            if pace is not None and pace.is_quick and is_alone():
                async with Waiting():
                    return await loader.load_alone(key)
            row: Row[Any] | None = await in_time(loader.load(key))
        except Exception as error:
            if is_fault(error):
                raise DatabaseUnavailable from error
            raise
        return row

    async def ping(self) -> None:
        """Check that the database answers, over a connection of its own, because all others may be in use.

        Raises:
            DatabaseUnavailable: it does not.
        """
        with faults_are_unavailability():
            async with timeout(self._backend.operation_timeout), AsyncSession(self._probe_engine) as session:
                await session.execute(text("SELECT 1"))

    @asynccontextmanager
    async def migration_connection(self) -> AsyncIterator[AsyncConnection]:
        """The connection for migrations: one at a time in all processes, without statement timeouts.

        Raises:
            DatabaseUnavailable: the database does not answer, or another migration holds the lock for too long.
            UnusableDatabaseUrl: the database is behind a connection pooler, and no direct URL is known.
        """
        with faults_are_unavailability():
            async with self._backend.migration_connection() as connection:
                yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        await self._probe_engine.dispose()


current_database = Extension[Database]("quart_app.database")
"""Accessor of the current application's database."""
