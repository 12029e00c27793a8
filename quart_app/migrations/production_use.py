"""Whether a database is a production one, which is asked of the database and not of a variable."""

from __future__ import annotations

from sqlalchemy import select

from quart_app import clock
from quart_app.database import Database, insert_into
from quart_app.models.production_use import THE_ROW, ProductionUse

from .revisions import current_revision

_ADDED_BY = "0006"  # the revision with the table


async def is_used_in_production(database: Database) -> bool:
    """Whether a server or a command has ever used it with ``ENVIRONMENT=production``.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    revision = await current_revision(database)
    if revision is None or revision < _ADDED_BY:
        return False
    async with database.session() as session:
        return await session.scalar(select(ProductionUse.id).where(ProductionUse.id == THE_ROW)) is not None


async def record_production_use(database: Database) -> None:
    """Write down that it is used in production; only the first time is a write.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    if await is_used_in_production(database):
        return
    async with database.session() as session:
        first = insert_into(ProductionUse, database).values(id=THE_ROW, since=clock.now())
        await session.execute(first.on_conflict_do_nothing())
        await session.commit()
