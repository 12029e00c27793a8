"""The revision of a database, and the last revision of this code.

Read without Alembic, whose slow import would delay every start of a server.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from quart_app.database import Database

_VERSION_TABLE = "alembic_version"
_VERSIONS = Path(__file__).with_name("versions")


def head_revision() -> str:
    """The number of the last revision, which the models expect."""
    return max(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))


async def current_revision(database: Database) -> str | None:
    """The number of the last revision that was applied to this database; None if there is none.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    async with database.session() as session:
        return await (await session.connection()).run_sync(read_revision)


def read_revision(connection: Connection) -> str | None:
    """As :func:`current_revision`, on the caller's connection."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.scalar(select(column("version_num")).select_from(table(_VERSION_TABLE)))
