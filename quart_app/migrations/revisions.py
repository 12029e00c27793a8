"""Which revision a database is at, and which one is wanted.

Without Alembic, which takes longer to import than a server should to be back after it was killed.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from quart_app.database import Database

_VERSION_TABLE = "alembic_version"
_VERSIONS = Path(__file__).with_name("versions")


def head_revision() -> str:
    """The number of the last revision: what the models expect."""
    return max(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))


async def current_revision(database: Database) -> str | None:
    """The number of the last revision that this database has seen; None if it has seen none.

    Raises:
        DatabaseUnavailable: it does not answer.
    """
    async with database.session() as session:
        return await (await session.connection()).run_sync(read_revision)


def read_revision(connection: Connection) -> str | None:
    """As :func:`current_revision`, on a connection of the caller's."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.scalar(select(column("version_num")).select_from(table(_VERSION_TABLE)))
