"""Changing tables with Alembic, without a configuration file.

The import is slow, so only code that changes tables should import this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from quart_app.database import Base, Database, is_lock_timeout
from quart_app.models import (
    failed_attempts,
    keyed_registration,
    login_session,
    mail_sender,
    mail_token,
    outgoing_mail,
    production_use,
    user,
)

from .errors import TablesLocked, UnknownRevision

MODELS = (
    failed_attempts,
    keyed_registration,
    login_session,
    mail_sender,
    mail_token,
    outgoing_mail,
    production_use,
    user,
)
"""The modules whose tables are compared: importing them adds the tables to ``Base.metadata``."""

# A revision whose tables are locked is tried again, for half a minute. In each pause the transactions that queue behind
# it run.
_ATTEMPTS = 30
_PAUSE = 0.5  # seconds


class Change(NamedTuple):
    """A revision that was applied, or taken back."""

    revision: str
    summary: str


async def upgrade_tables(database: Database, revision: str = "head") -> list[Change]:
    """Apply all missing revisions; return those that were applied.

    Several processes may call this at once: the first one upgrades, the others wait and find nothing to do. After a
    failure SQLite is as before; PostgreSQL is at the last revision that succeeded.

    Raises:
        UnknownTables: the database has tables of another application.
        UnknownRevision: there is no such revision, or the database is at one that this code does not have.
        TablesLocked: on PostgreSQL, another transaction kept the tables locked.
    """
    return await _change(database, lambda config: command.upgrade(config, revision))


async def downgrade_tables(database: Database, revision: str) -> list[Change]:
    """Take back all revisions after this one ("base": all revisions), with the data in what they added.

    Raises:
        UnknownRevision: there is no such revision.
        TablesLocked: on PostgreSQL, another transaction kept the tables locked.
    """
    return await _change(database, lambda config: command.downgrade(config, revision))


async def compare_tables(database: Database) -> list[Any]:
    """The differences between the models and the tables, as Alembic reports them; empty if they match."""
    async with database.session() as session:
        return await (await session.connection()).run_sync(_compare)


async def write_revision(database: Database, summary: str) -> str:
    """Write the next revision, which makes the tables of this database match the models; return its path.

    Raises:
        UnknownRevision: the database is not at the last revision.
    """
    async with database.migration_connection() as connection:
        return await connection.run_sync(_write, summary)


async def _change(database: Database, run: Callable[[Config], None]) -> list[Change]:
    changes: list[Change] = []

    def change(connection: Connection) -> None:
        config = _configure(connection)
        config.attributes["on_version_apply"] = lambda step, **_: changes.append(_describe(step))
        with _revisions_are_known():
            run(config)

    async with database.migration_connection() as connection:
        for _ in range(_ATTEMPTS):
            try:
                await connection.run_sync(change)
            except DBAPIError as error:
                if not is_lock_timeout(error):
                    raise
                await connection.rollback()
                await asyncio.sleep(_PAUSE)
            else:
                return changes
    raise TablesLocked


def _configure(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "quart_app:migrations")
    config.attributes["connection"] = connection
    return config


def _describe(step: Any) -> Change:
    script = step.up_revision
    return Change(script.revision, script.doc)


def _compare(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def _write(connection: Connection, summary: str) -> str:
    config = _configure(connection)
    last = ScriptDirectory.from_config(config).get_current_head() or "0"
    with _revisions_are_known():
        script = command.revision(config, summary, autogenerate=True, rev_id=f"{int(last) + 1:04}")
    return cast("Script", script).path  # a list only with a hook of Alembic that is not used here


@contextmanager
def _revisions_are_known() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise UnknownRevision(str(error)) from error
