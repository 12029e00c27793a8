"""PostgreSQL by asyncpg: nothing that is asked of it goes without an end."""

from __future__ import annotations

from asyncio import CancelledError, Task, create_task, shield, sleep, timeout
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from math import inf
from time import monotonic
from typing import Any

from sqlalchemy import NullPool, event, func, select
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from .urls import UnusableDatabaseUrl

_OPERATION_LIMIT = 2.5  # seconds
_CONNECT_LIMIT = 2.0  # seconds
_COMMAND_LIMIT = 2.0  # seconds, asyncpg's
# The server's own come first: it ends a statement and keeps the connection, asyncpg has to give up both.
_SERVER_LIMITS = {"lock_timeout": "1000", "statement_timeout": "1500"}  # ms

_REST = 1.0  # seconds without use after which a connection is tried before it is used
_RESTS_FROM = "quart_app.rests_from"

_URL = "postgresql+asyncpg://"  # asyncpg reads the real one, which therefore no representation of an engine shows
_MIGRATION_LOCK = 7_283_605_417  # any number that nobody else uses in this database
_PATIENCE = 60.0  # seconds to wait for others that migrate


class Postgresql:
    """A database on a server."""

    #: A server that is frozen, or gone without a word, keeps to no limit of its own.
    limit = _OPERATION_LIMIT

    standstill = 1.0

    #: BEGIN and ROLLBACK would be round trips as long as that of the question itself.
    reading_options: Mapping[str, Any] = {"isolation_level": "AUTOCOMMIT"}

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def engine(self, *, pool_size: int, pool_timeout: float) -> AsyncEngine:
        """Connections that give up in time, and are tried before they are used after a rest."""
        engine = self._create(
            pool_size=pool_size,
            max_overflow=0,  # what overflows is opened for one query and closed again: under load, most of the work
            pool_timeout=pool_timeout,
            connect_args={
                "timeout": _CONNECT_LIMIT,
                "command_timeout": _COMMAND_LIMIT,
                "server_settings": _SERVER_LIMITS,
            },
        )
        _replace_broken_connections(engine)
        return engine

    async def open(self, engine: AsyncEngine) -> None:
        """Nothing: a server prepares itself."""

    @asynccontextmanager
    async def migration_connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection that has an advisory lock, without a transaction.

        Who waits asks again and again instead of in one statement: ``CREATE INDEX CONCURRENTLY`` waits for all
        statements that are older, so both would wait for ever.
        """
        engine = self._create(poolclass=NullPool)
        async with engine.connect() as connection:
            async with timeout(_PATIENCE):
                while not await connection.scalar(select(func.pg_try_advisory_lock(_MIGRATION_LOCK))):
                    await connection.rollback()
                    await sleep(0.1)
            await connection.rollback()  # ends the transaction and not the lock, which ends with the connection
            yield connection
            await connection.commit()

    def _create(self, *, connect_args: dict[str, Any] | None = None, **options: Any) -> AsyncEngine:
        try:
            return create_async_engine(
                _URL,
                connect_args={"dsn": self._dsn, "async_creator_fn": _connect, **(connect_args or {})},
                hide_parameters=True,  # errors are logged, and parameters are addresses and hashes of passwords
                **options,
            )
        except ModuleNotFoundError as error:
            raise UnusableDatabaseUrl(
                "DATABASE_URL names PostgreSQL, and asyncpg is not installed: "
                "pip install 'quart-flask-login[postgresql]'."
            ) from error


async def _connect(*arguments: Any, **options: Any) -> Any:
    """Connect by asyncpg, to the end: given up in the middle, it leaves an error that nobody takes (its issue 1310)."""
    from asyncpg import connect  # type: ignore[import-untyped]  # optional; 0.32 has no types

    connecting = create_task(connect(*arguments, **options))
    try:
        return await shield(connecting)
    except CancelledError:
        connecting.add_done_callback(_hang_up)
        raise


def _hang_up(connecting: Task[Any]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()


def _replace_broken_connections(engine: AsyncEngine) -> None:
    """Connect again where a connection has ended while nobody used it: that a server was restarted is no fault.

    asyncpg learns at once that a server has closed a connection, so it is enough to ask asyncpg. What it does not
    learn of, a firewall that has forgotten or a host that came back, befalls those that rest; these are tried.
    SQLAlchemy's own pre-ping tries all of them each time, at three round trips.
    """
    errors = engine.dialect.loaded_dbapi.Error

    @event.listens_for(engine.sync_engine, "checkin")
    def note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_RESTS_FROM] = monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if monotonic() > record.info.get(_RESTS_FROM, inf) + _REST:
            try:
                connection.ping()
            except errors as error:
                raise InvalidatePoolError from error
