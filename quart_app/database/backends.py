"""SQLite or PostgreSQL: one interface for what differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from quart_app.database_url import database_at, direct_server

from .pace import Pace
from .postgresql import Postgresql
from .sqlite import Sqlite


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

    def look_up_at_once(self, connection: Connection) -> None:
        """Let the next statement of a connection, a SELECT by key, run without a round trip if that is quick."""

    @property
    def has_arrays(self) -> bool:
        """Whether a parameter of a statement can be an array."""

    @property
    def pace(self) -> Pace | None:
        """Whether a look-up by key ends without waiting, so that it cannot be cancelled half-way; None if none does."""

    @property
    def can_migrate(self) -> bool:
        """Whether there is a connection for migrations."""

    @property
    def dropped_parameters(self) -> Sequence[str]:
        """A sentence for each parameter of the URLs that has no effect."""

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


def backend_at(url: str, *, behind_pooler: bool = False, direct_url: str | None = None) -> Backend:
    """The database that a URL names; see :class:`quart_app.database.Database` for the arguments.

    Raises:
        UnusableDatabaseUrl: it names neither SQLite nor PostgreSQL, or the driver is not installed.
    """
    database = database_at(url)
    if isinstance(database, str):
        return Sqlite(database)
    return Postgresql(
        database,
        behind_pooler=behind_pooler or database.behind_pooler,
        direct=None if direct_url is None else direct_server(direct_url),
    )
