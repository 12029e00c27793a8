"""The tables when a server starts: upgrade them, or refuse to start with old ones."""

from __future__ import annotations

from typing import Literal, TypeAlias

from quart_app.database import Database

from .errors import DatabaseOutdated, EnvironmentForgotten
from .production_use import is_used_in_production, record_production_use
from .revisions import current_revision, head_revision

Environment: TypeAlias = Literal["development", "production"] | None


async def prepare_tables(database: Database, *, upgrade: bool, environment: Environment = "development") -> None:
    """Make sure that the tables are not older than the code, and that production's database is used as such.

    The tables may be newer: during a deployment, or after one that was rolled back, old code runs on new tables.

    Arguments:
        database: not opened yet.
        upgrade: whether to upgrade old tables.
        environment: None if ``ENVIRONMENT`` is unset, which is refused for a database that is used in production. A
            start in production makes it one.

    Raises:
        EnvironmentForgotten: see above; nothing was changed.
        DatabaseOutdated: they are older, and *upgrade* is false.
        UnknownTables: the database has tables of another application.
        DatabaseUnavailable: the database does not answer.
    """
    try:
        await database.open()
        await _refuse_if_forgotten(database, environment)
        await _upgrade(database, upgrade=upgrade)
        if environment == "production":
            await record_production_use(database)
    except BaseException:
        await database.close()  # a server that has not started does not call its shutdown hooks
        raise


async def _refuse_if_forgotten(database: Database, environment: Environment) -> None:
    if environment is None and await is_used_in_production(database):
        raise EnvironmentForgotten


async def _upgrade(database: Database, *, upgrade: bool) -> None:
    current, wanted = await current_revision(database), head_revision()
    if current is not None and current >= wanted:
        return
    if not upgrade:
        raise DatabaseOutdated(current, wanted)
    from .changes import upgrade_tables  # imports Alembic, which is slow and rarely needed

    await upgrade_tables(database)
