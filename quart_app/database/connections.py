"""Who gets a connection to the database, and for how long."""

from __future__ import annotations

from asyncio import timeout
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import Row, Select, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from quart_app.extension import Extension

from .backends import backend_at
from .faults import faults_are_unavailability
from .look_ups import Askers, Key, LookUp
from .turns import Turns

_PATIENCE = 1.0  # seconds to wait for a connection, where there is no line


class Database:
    """Connections to the database at a URL.

    Arguments:
        url: as :mod:`quart_app.database.urls` explains it.
        pool_size: how many pieces of work there can be at once; the others wait in line. Look-ups have one connection
            more: who is logged in is not to wait for a storm of those who log in. And whether the database answers is
            asked over another one.

    Raises:
        UnusableDatabaseUrl: it is the URL of something else, or the driver is not installed.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._backend = backend_at(url)
        self._engine = self._backend.engine(pool_size=pool_size + 1, pool_timeout=_PATIENCE)
        self._reading_engine = self._engine.sync_engine.execution_options(**self._backend.reading_options)
        self._work = Turns(pool_size, standstill=self._backend.standstill)
        self._connections = Turns(pool_size + 1, standstill=self._backend.standstill)
        self._askers: dict[LookUp[Any], Askers[Any]] = {}
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
            async with self._work, self._connections, timeout(self._backend.limit), self._sessions() as session:
                yield session

    async def look_up(self, look_up: LookUp[Key], key: Key) -> Row[Any] | None:
        """The row that a look-up finds by a key, without a session: for the question that every request asks.

        A session, and its objects, cost several times what SQLite needs to answer; and of what is left, most is the
        way there and back, which is shared with all who ask at the same moment.

        Raises:
            DatabaseUnavailable: as :meth:`session`.
        """
        if look_up not in self._askers:
            self._askers[look_up] = Askers(look_up, self._connections, self._ask)
        with faults_are_unavailability():
            row: Row[Any] | None = await self._askers[look_up].answer(key)
        return row

    async def _ask(self, statement: Select[Any], parameters: Mapping[str, object]) -> Sequence[Row[Any]]:
        """All rows, in autocommit, within the limit of time.

        An asynchronous connection would cost twice as much, as it opens, executes and closes in a greenlet each.
        """
        async with timeout(self._backend.limit):
            return await greenlet_spawn(self._ask_until_connected, statement, parameters)

    def _ask_until_connected(self, statement: Select[Any], parameters: Mapping[str, object]) -> Sequence[Row[Any]]:
        try:
            return self._ask_once(statement, parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        # The connection broke just now. Nothing is changed by asking once more, on another one.
        return self._ask_once(statement, parameters)

    def _ask_once(self, statement: Select[Any], parameters: Mapping[str, object]) -> Sequence[Row[Any]]:
        with self._reading_engine.connect() as connection:
            return connection.execute(statement, parameters).all()

    async def ping(self) -> None:
        """Ask whether the database answers: over a connection of its own, as all others may be busy being answered.

        Raises:
            DatabaseUnavailable: it does not.
        """
        with faults_are_unavailability():
            async with timeout(self._backend.limit), AsyncSession(self._probe) as session:
                await session.execute(text("SELECT 1"))

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


current_database = Extension[Database]("quart_app.database")
"""The database of the application that is running now."""
