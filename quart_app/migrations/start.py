"""The tables when a server starts: upgrade them, or refuse to start with old ones."""

from __future__ import annotations

from quart_app.database import Database

from .errors import DatabaseOutdated
from .revisions import current_revision, head_revision


async def prepare_tables(database: Database, *, upgrade: bool) -> None:
    """Make sure that the tables are not older than the code.

    They may be newer: during a deployment, or after one that was rolled back, old code runs on new tables.

    Raises:
        DatabaseOutdated: they are older, and *upgrade* is false.
        UnknownTables: the database has tables of another application.
        DatabaseUnavailable: the database does not answer.
    """
    try:
        await database.open()
        await _prepare(database, upgrade=upgrade)
    except BaseException:
        await database.close()  # a server that has not started does not call its shutdown hooks
        raise


async def _prepare(database: Database, *, upgrade: bool) -> None:
    current, wanted = await current_revision(database), head_revision()
    if current is not None and current >= wanted:
        return
    if not upgrade:
        raise DatabaseOutdated(current, wanted)
    from .changes import upgrade_tables  # imports Alembic, which is slow and rarely needed

    await upgrade_tables(database)
