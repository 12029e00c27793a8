"""SQLite through aiosqlite: WAL, so that readers and the writer do not block each other."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import URL, Connection, NullPool, event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from quart_app.private_files import create_private_file

from .connection_limiter import ACQUIRE_TIMEOUT
from .one_round_trip import OneRoundTripConnection, commit_next_statement, look_up_next
from .pace import Pace

BUSY_TIMEOUT = 2_000  # ms to wait for another writer
_BUSY_TIMEOUT_OF_MIGRATIONS = 60_000  # ms
_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",  # no fsync for each commit: with WAL a killed process loses nothing
    "PRAGMA foreign_keys = ON",
)
_PRAGMAS_FOR_MIGRATIONS = (
    # Most changes of a table copy it and drop the old one. With foreign keys that would delete what refers to it.
    "PRAGMA foreign_keys = OFF",
)
_WAL_SWITCH_TIMEOUT = 10.0  # seconds to wait for the lock on the file while other workers start, too


class Sqlite:
    """A database in a file."""

    operation_timeout = None

    #: Every writer waits for the one that holds the write lock, so the queue may stand still behind a slow disk.
    stall_timeout = ACQUIRE_TIMEOUT

    can_migrate = True

    dropped_parameters: Sequence[str] = ()

    autocommit_options: Mapping[str, Any] = {}  # a SELECT begins no transaction here; for others see commit_at_once

    def __init__(self, file: str) -> None:
        self._file = Path(file)
        self.pace = Pace()
        self._url = URL.create("sqlite+aiosqlite", database=file)
        # A file that is missing for a moment, perhaps with its disk, is a temporary fault. By default SQLite would
        # create an empty one, and connections to that would go on using it when the right file is back.
        existing = {"mode": "rw", "uri": "true"}
        self._existing = URL.create("sqlite+aiosqlite", database=Path(file).absolute().as_uri(), query=existing)

    @property
    def files(self) -> Sequence[Path]:
        """The file, its journals and the memory that processes share; SQLite gives them the mode of the first one."""
        file = self._file.resolve()  # SQLite, too, follows links before it adds these endings
        return [file, *(file.with_name(file.name + ending) for ending in ("-journal", "-wal", "-shm"))]

    def engine(self, *, pool_size: int, pool_timeout: float) -> AsyncEngine:
        """An engine for an existing file, with a busy timeout and enforced foreign keys."""
        return self._create(self._existing, _PRAGMAS, pool_size=pool_size, max_overflow=0, pool_timeout=pool_timeout)

    async def open(self, engine: AsyncEngine) -> None:
        """Create the file if there is none, and switch its journal to WAL: readers never wait for the writer.

        WAL is a property of the file. The switch needs an exclusive lock for a moment, and SQLite does not wait for
        that lock, whatever the busy timeout is: so this tries again until :data:`_WAL_SWITCH_TIMEOUT`.
        """
        create_private_file(self._file)
        deadline = monotonic() + _WAL_SWITCH_TIMEOUT
        while True:
            try:
                async with engine.connect() as connection:
                    await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            except OperationalError as error:
                if "locked" not in str(error.orig) or monotonic() > deadline:
                    raise
                await sleep(0.05)
            else:
                return

    has_arrays = False

    commit_at_once = staticmethod(commit_next_statement)
    look_up_at_once = staticmethod(look_up_next)

    @asynccontextmanager
    async def migration_connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection that has the write lock, in a transaction that covers changes of tables, too.

        By default the driver begins a transaction when the first row is written, and not for ``CREATE`` or ``DROP``.

        Raises:
            IntegrityError: a row refers to one that no longer exists. Nothing was changed.
        """
        create_private_file(self._file)
        engine = self._create(
            self._url,
            _PRAGMAS_FOR_MIGRATIONS,
            busy_timeout=_BUSY_TIMEOUT_OF_MIGRATIONS,
            poolclass=NullPool,
            connect_args={"isolation_level": None},
        )

        @event.listens_for(engine.sync_engine, "begin")
        def take_the_lock(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        async with engine.begin() as connection:
            yield connection
            lost = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first()
            if lost is not None:
                raise IntegrityError("PRAGMA foreign_key_check", None, ValueError(f"{lost[0]} refers to nothing."))

    def _create(
        self,
        url: URL,
        pragmas: Sequence[str],
        *,
        busy_timeout: int = BUSY_TIMEOUT,
        connect_args: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> AsyncEngine:
        connect = partial(OneRoundTripConnection, busy_timeout=busy_timeout, pragmas=pragmas, pace=self.pace)
        return create_async_engine(
            url,
            connect_args={"async_creator_fn": connect, **(connect_args or {})},
            hide_parameters=True,  # errors are logged, and parameters include addresses and hashes of passwords
            **options,
        )
