"""What a server does about the tables when it starts: create and change them, or insist that somebody has."""

from __future__ import annotations

from quart_app.database import Database

from .errors import DatabaseOutdated
from .revisions import current_revision, head_revision


async def prepare_tables(database: Database, *, upgrade: bool) -> None:
    """Make sure that the tables are as new as the code.

    They may be newer: while a deployment goes on, or after one that was taken back, old code runs on new tables.

    Raises:
        DatabaseOutdated: they are not, and may not be changed here.
        UnknownTables: there are tables that are not ours.
        DatabaseUnavailable: the database does not answer.
    """
    try:
        await database.open()
        await _prepare(database, upgrade=upgrade)
    except BaseException:
        await database.close()  # what has not started will not be told to stop
        raise


async def _prepare(database: Database, *, upgrade: bool) -> None:
    current, wanted = await current_revision(database), head_revision()
    if current is not None and current >= wanted:
        return
    if not upgrade:
        raise DatabaseOutdated(current, wanted)
    from .changes import upgrade_tables  # Alembic takes a while to import, and is seldom needed

    await upgrade_tables(database)
