"""PostgreSQL through asyncpg: every connection attempt and every statement has a timeout.

Written for asyncpg 0.32 and SQLAlchemy 2.1. ``_replace_broken_connections`` asks asyncpg whether a connection is
closed, which is free. SQLAlchemy's ``pool_pre_ping`` costs three round trips for every checkout; use it if
``driver_connection.is_closed()`` goes.
"""

from __future__ import annotations

import ssl
from asyncio import sleep, timeout
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, NullPool, event, func, select
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from quart_app.database_url import NO_DIRECT_URL, PostgresqlServer, UnusableDatabaseUrl

from .connecting import connect
from .pooler_check import PoolerCheck

_OPERATION_TIMEOUT = 2.5  # seconds
_CONNECT_TIMEOUT = 2.0  # seconds
_COMMAND_TIMEOUT = 2.0  # seconds, asyncpg's
# The server's own timeouts come first: they end the statement and keep the connection. asyncpg's end both.
_SERVER_TIMEOUTS = {"lock_timeout": "1000", "statement_timeout": "1500"}  # ms
# For migrations, whatever the role has: 25 days, the longest there are. "0" would be none, and is also the default, by
# which nobody could tell that a pooler has dropped it.
_NO_TIMEOUTS = {"lock_timeout": "2147483647", "statement_timeout": "2147483647"}

# Migrations wait no longer than this for a lock in a transaction: an ALTER TABLE behind pg_dump would stop all logins,
# which wait a second at most. CREATE INDEX CONCURRENTLY has no transaction, and stops nobody.
_MIGRATION_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '500ms'"

_IDLE_BEFORE_PING = 1.0  # seconds without use after which a connection is pinged before it is used
_IDLE_SINCE = "quart_app.idle_since"

_URL = "postgresql+asyncpg://"  # asyncpg gets the real one, so that the repr of an engine does not show it
_MIGRATION_LOCK = 7_283_605_417  # the key of an advisory lock: any number without another use in this database
_OTHER_MIGRATION_TIMEOUT = 60.0  # seconds to wait for a migration by another process


class Postgresql:
    """A database on a server, perhaps behind a connection pooler.

    Arguments:
        server: where requests are served from.
        behind_pooler: whether that is a connection pooler in transaction mode: no settings at connect, no prepared
            statement that outlives its transaction.
        direct: the same database without the pooler, for migrations, whose advisory lock means nothing through one.
    """

    #: A server that hangs, or whose host is gone, does not enforce its own timeouts.
    operation_timeout = _OPERATION_TIMEOUT

    stall_timeout = 1.0

    files: Sequence[Path] = ()

    def __init__(
        self, server: PostgresqlServer, *, behind_pooler: bool = False, direct: PostgresqlServer | None = None
    ) -> None:
        self._server = server
        self._behind_pooler = behind_pooler
        self._direct = direct if direct is not None or behind_pooler else server
        self._check = PoolerCheck(server, behind_pooler=behind_pooler)

    @property
    def autocommit_options(self) -> Mapping[str, Any]:
        """Autocommit, because BEGIN and COMMIT or ROLLBACK would be two more round trips for each statement.

        Behind a pooler they are needed: only a transaction has the timeouts of the server there.
        """
        return {} if self._behind_pooler else {"isolation_level": "AUTOCOMMIT"}

    @property
    def can_migrate(self) -> bool:
        """Whether there is a connection for migrations."""
        return self._direct is not None

    @property
    def dropped_parameters(self) -> Sequence[str]:
        """A sentence for each parameter of the URLs that has no effect."""
        servers = dict.fromkeys(filter(None, (self._server, self._direct)))
        return [sentence for server in servers for sentence in server.dropped]

    def engine(self, *, pool_size: int, pool_timeout: float) -> AsyncEngine:
        """An engine whose connections have timeouts, and are checked before they are used again."""
        engine = self._create(
            self._server,
            self._check,
            pool_size=pool_size,
            max_overflow=0,  # an overflow connection is opened for one query and closed: under load, most of the work
            pool_timeout=pool_timeout,
            connect_args={
                "timeout": _CONNECT_TIMEOUT,
                "command_timeout": _COMMAND_TIMEOUT,
                **(_pooler_options() if self._behind_pooler else _direct_options()),
            },
        )
        _replace_broken_connections(engine)
        return engine

    async def open(self, engine: AsyncEngine) -> None:
        """Do nothing: there is no file to create."""

    def commit_at_once(self, connection: Connection) -> None:
        """Do nothing: autocommit is an option here."""

    has_arrays = True

    pace = None

    def look_up_at_once(self, connection: Connection) -> None:
        """Do nothing: a look-up here waits for the network."""

    @asynccontextmanager
    async def migration_connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection that has an advisory lock, without a transaction.

        The lock is polled instead of awaited in one statement: ``CREATE INDEX CONCURRENTLY`` waits for all older
        statements, so a process that waits for the lock and the one that holds it would block each other for ever.

        Raises:
            UnusableDatabaseUrl: the database is behind a connection pooler, and no direct server is known.
        """
        if self._direct is None:
            raise UnusableDatabaseUrl(NO_DIRECT_URL)
        engine = self._create(
            self._direct,
            PoolerCheck(self._direct),
            poolclass=NullPool,
            connect_args={"server_settings": _NO_TIMEOUTS},
        )
        event.listen(
            engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(_MIGRATION_LOCK_TIMEOUT)
        )
        async with engine.connect() as connection:
            async with timeout(_OTHER_MIGRATION_TIMEOUT):
                while not await connection.scalar(select(func.pg_try_advisory_lock(_MIGRATION_LOCK))):
                    await connection.rollback()
                    await sleep(0.1)
            await connection.rollback()  # ends the transaction; the lock is held until the connection is closed
            yield connection
            await connection.commit()

    def _create(
        self, server: PostgresqlServer, check: PoolerCheck, *, connect_args: dict[str, Any], **options: Any
    ) -> AsyncEngine:
        connect_args = {"dsn": server.dsn, **connect_args}
        if server.system_certificates:
            connect_args["ssl"] = ssl.create_default_context()
        try:
            return create_async_engine(
                _URL,
                connect_args={"async_creator_fn": partial(connect, server, check), **connect_args},
                hide_parameters=True,  # errors are logged, and parameters include addresses and hashes of passwords
                **options,
            )
        except ModuleNotFoundError as error:
            raise UnusableDatabaseUrl(
                "DATABASE_URL names PostgreSQL, and asyncpg is not installed: "
                "pip install 'quart-flask-login[postgresql]'."
            ) from error


def _direct_options() -> dict[str, Any]:
    """The options of asyncpg for connections to the server itself."""
    return {"server_settings": _SERVER_TIMEOUTS} | _connection_class()


def _connection_class() -> dict[str, Any]:
    try:
        from .prompt_connection import PromptConnection  # imports asyncpg, which is optional
    except ModuleNotFoundError:
        return {}  # creating the engine says what is missing
    return {"connection_class": PromptConnection}


def _pooler_options() -> dict[str, Any]:
    """The options of asyncpg and SQLAlchemy for connections to a pooler.

    Without the two caches asyncpg uses unnamed statements, and parses each again together with its execution: what it
    had parsed before may be on another connection of the server.
    """
    from .pooled_connection import connection_class  # imports asyncpg, which is optional

    return {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "connection_class": connection_class(lambda: _SERVER_TIMEOUTS),
    }


def _replace_broken_connections(engine: AsyncEngine) -> None:
    """Replace a pooled connection that ended while it was idle, so that a restart of the server causes no error.

    asyncpg knows at once when the server closes a connection, so asking asyncpg is enough. It does not know of a
    firewall that dropped the connection or of a host that was restarted; that happens to idle connections, so these
    are pinged. SQLAlchemy's own pre-ping would ping every connection at every checkout, in three round trips.
    """
    errors = engine.dialect.loaded_dbapi.Error

    @event.listens_for(engine.sync_engine, "checkin")
    def note_idle(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_IDLE_SINCE] = monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def check(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if monotonic() > record.info.get(_IDLE_SINCE, inf) + _IDLE_BEFORE_PING:
            try:
                connection.ping()
            except errors as error:
                raise InvalidatePoolError from error
