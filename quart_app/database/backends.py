"""SQLite or PostgreSQL: what is different about them, behind one interface."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .postgresql import Postgresql
from .sqlite import Sqlite
from .urls import UnusableDatabaseUrl, postgresql_dsn, sqlite_file


class Backend(Protocol):
    """One database of one kind."""

    @property
    def limit(self) -> float | None:
        """Seconds that a piece of work may take as a whole; None if its statements have limits that always hold."""

    @property
    def standstill(self) -> float:
        """Seconds without movement that a line for connections may have when nothing is wrong."""

    @property
    def reading_options(self) -> Mapping[str, Any]:
        """SQLAlchemy's execution options for a connection that asks one question, and changes nothing."""

    def engine(self, *, pool_size: int, pool_timeout: float) -> AsyncEngine:
        """The engine that requests are answered with."""

    async def open(self, engine: AsyncEngine) -> None:
        """Prepare what outlives the process, whenever a server starts."""

    def migration_connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for changing tables, whose statements take the time they take.

        Only one exists at a time, in all processes on all hosts: who comes second waits. What it did is committed
        at the end of the block, unless that was done before.

        Raises:
            TimeoutError: somebody else has it for too long.
        """


def backend_at(url: str) -> Backend:
    """The database that a URL names.

    Raises:
        UnusableDatabaseUrl: it names nothing that we can use.
    """
    if (file := sqlite_file(url)) is not None:
        return Sqlite(file)
    if (dsn := postgresql_dsn(url)) is not None:
        return Postgresql(dsn)
    raise UnusableDatabaseUrl("DATABASE_URL has to begin with postgresql:// or sqlite:///.")
