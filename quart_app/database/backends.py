"""SQLite or PostgreSQL: one interface for what differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .postgresql import Postgresql
from .sqlite import Sqlite
from .urls import UnusableDatabaseUrl, postgresql_dsn, sqlite_file


class Backend(Protocol):
    """A database on SQLite or PostgreSQL."""

    @property
    def operation_timeout(self) -> float | None:
        """Seconds that a session or a load may take in all; None if the timeouts of its statements are enough."""

    @property
    def stall_timeout(self) -> float:
        """Seconds in which the queue for connections may stand still before its tasks give up."""

    @property
    def autocommit_options(self) -> Mapping[str, Any]:
        """SQLAlchemy's execution options for a connection that executes a single statement."""

    def commit_at_once(self, connection: Connection) -> None:
        """Let the next statement of a connection with these options be committed in its own round trip."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that hold the data, existing or not; none for a server, which has its own."""

    def engine(self, *, pool_size: int, pool_timeout: float) -> AsyncEngine:
        """The engine for the work of requests."""

    async def open(self, engine: AsyncEngine) -> None:
        """Prepare what outlives the process, such as the file. Called whenever a server starts."""

    def migration_connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for migrations, whose statements have no timeout.

        Only one exists at a time, in all processes on all hosts; a second one waits for the first. Its transaction is
        committed at the end of the block, unless that was done before.

        Raises:
            TimeoutError: another process holds the migration lock for too long.
        """


def backend_at(url: str) -> Backend:
    """The database that a URL names.

    Raises:
        UnusableDatabaseUrl: it names neither SQLite nor PostgreSQL.
    """
    if (file := sqlite_file(url)) is not None:
        return Sqlite(file)
    if (dsn := postgresql_dsn(url)) is not None:
        return Postgresql(dsn)
    raise UnusableDatabaseUrl("DATABASE_URL has to begin with postgresql:// or sqlite:///.")
