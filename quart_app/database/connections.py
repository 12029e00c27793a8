"""Who gets a connection to the database, and for how long."""

from __future__ import annotations

from asyncio import Semaphore, timeout
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVarTuple

from prometheus_client import Gauge
from sqlalchemy import Row, Select, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from .backends import backend_at
from .faults import faults_are_unavailability

Ts = TypeVarTuple("Ts")

_PATIENCE = 2.0  # seconds to wait for a connection


class Database:
    """Connections to the database at a URL.

    Arguments:
        url: as :mod:`quart_app.database.urls` explains it.
        pool_size: how many pieces of work there can be at once; the others wait in line. Whether the database answers
            is asked over one connection more.

    Raises:
        UnusableDatabaseUrl: it is the URL of something else, or the driver is not installed.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._backend = backend_at(url)
        self._engine = self._backend.engine(pool_size=pool_size, pool_timeout=_PATIENCE)
        self._reading_engine = self._engine.sync_engine.execution_options(**self._backend.reading_options)
        self._turns = Semaphore(pool_size)
        # Connected at the first question.
        self._probe = self._backend.engine(pool_size=1, pool_timeout=_PATIENCE)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    def watch(self, in_use: Gauge) -> None:
        """Count the connections that are taken from the pool."""
        pool = self._engine.sync_engine.pool
        taken: set[ConnectionPoolEntry] = set()

        def take(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
            taken.add(record)
            in_use.inc()

        def give_back(_connection: object, record: ConnectionPoolEntry) -> None:
            # Also called for what was never taken, as its request was given up while it was tried.
            if record in taken:
                taken.remove(record)
                in_use.dec()

        event.listen(pool, "checkout", take)
        event.listen(pool, "checkin", give_back)

    async def open(self) -> None:
        """Prepare the database for a server that starts."""
        await self._backend.open(self._engine)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session for one piece of work, closed at its end; commit it yourself.

        Raises:
            DatabaseUnavailable: whatever goes wrong with the database itself, in the words of its driver.
        """
        with faults_are_unavailability():
            async with timeout(self._backend.limit), self._turn(), self._sessions() as session:
                yield session

    async def first(self, statement: Select[*Ts], parameters: Mapping[str, object]) -> Row[*Ts] | None:
        """The first row that a SELECT gives, without a session: for the question that every request asks.

        A session, and its objects, cost several times what SQLite needs to answer; and of what is left, an
        asynchronous connection would cost half, as it opens, executes and closes as a task or greenlet each.

        Raises:
            DatabaseUnavailable: as :meth:`session`.
        """
        with faults_are_unavailability():
            async with timeout(self._backend.limit), self._turn():
                return await greenlet_spawn(self._first, statement, parameters)

    def _first(self, statement: Select[*Ts], parameters: Mapping[str, object]) -> Row[*Ts] | None:
        try:
            return self._ask(statement, parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        # The connection broke just now. Nothing is changed by asking once more, on another one.
        return self._ask(statement, parameters)

    def _ask(self, statement: Select[*Ts], parameters: Mapping[str, object]) -> Row[*Ts] | None:
        with self._reading_engine.connect() as connection:
            return connection.execute(statement, parameters).first()

    async def ping(self) -> None:
        """Ask whether the database answers: over a connection of its own, as all others may be busy being answered.

        Raises:
            DatabaseUnavailable: it does not.
        """
        with faults_are_unavailability():
            async with timeout(self._backend.limit), AsyncSession(self._probe) as session:
                await session.execute(text("SELECT 1"))

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

    @asynccontextmanager
    async def migration_connection(self) -> AsyncIterator[AsyncConnection]:
        """The only connection there is for changing tables, without limits of time.

        Raises:
            DatabaseUnavailable: it does not answer, or somebody else has that connection for too long.
        """
        with faults_are_unavailability():
            async with self._backend.migration_connection() as connection:
                yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        await self._probe.dispose()
