"""The tables, from none to what the models say, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from quart_app.database import Database, DatabaseUnavailable, current_database
from quart_app.factory import create_app
from quart_app.migrations.changes import compare_tables, downgrade_tables, upgrade_tables
from quart_app.migrations.errors import DatabaseOutdated, UnknownRevision, UnknownTables
from quart_app.migrations.revisions import current_revision, head_revision
from quart_app.migrations.start import prepare_tables
from tests.app.visitor import Visitor


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the test's own without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
async def database(empty_url: str) -> AsyncIterator[Database]:
    """A database without tables."""
    database = Database(empty_url)
    await database.open()
    yield database
    await database.close()


def settings(url: str, folder: Path, **others: object) -> dict[str, object]:
    """Those of a server with this database."""
    return {"instance_path": folder, "database_url": url, "password_method": "pbkdf2:sha256:1", **others}


async def run(database: Database, *statements: str) -> None:
    """Run these on a connection, and commit."""
    async with database.session() as session:
        for statement in statements:
            await session.execute(text(statement))
        await session.commit()


async def create_tables_as_of_old(database: Database, *names: str) -> None:
    """What the application did before there were revisions: the tables of the first revision, and no number."""
    await upgrade_tables(database, "0001")
    missing = [name for name in ("login_sessions", "users") if name not in names]
    await run(database, *(f"DROP TABLE {name}" for name in [*missing, "alembic_version"]))


async def test_each_step_up_and_down(database: Database) -> None:
    """Every revision can be applied, taken back and applied again, one after the other."""
    numbers = [f"{number:04}" for number in range(1, int(head_revision()) + 1)]
    for before, number in zip(["base", *numbers], numbers, strict=False):
        assert [change.revision for change in await upgrade_tables(database, number)] == [number]
        assert [change.revision for change in await downgrade_tables(database, before)] == [number]
        assert [change.revision for change in await upgrade_tables(database, number)] == [number]
        assert await current_revision(database) == number
    assert len(await downgrade_tables(database, "base")) == len(numbers)
    assert await current_revision(database) is None


async def test_the_last_revision_is_what_the_models_say(database: Database) -> None:
    """Nobody has changed a model without a revision, or the other way around."""
    await upgrade_tables(database)
    assert await current_revision(database) == head_revision()
    assert await compare_tables(database) == []
    assert await upgrade_tables(database) == []


async def test_a_difference_is_seen(database: Database) -> None:
    """A table without a model, and a column that a model lacks, are differences."""
    await upgrade_tables(database)
    await run(database, "CREATE TABLE surplus (id INTEGER PRIMARY KEY)", "ALTER TABLE users ADD age INTEGER")
    kinds = [difference[0] for difference in await compare_tables(database)]
    assert sorted(kinds) == ["remove_column", "remove_table"]


async def test_several_at_once(empty_url: str) -> None:
    """One of them creates the tables, the others wait and find them there."""
    databases = [Database(empty_url) for _ in range(4)]
    await asyncio.gather(*(database.open() for database in databases))
    changes = await asyncio.gather(*(upgrade_tables(database) for database in databases))
    assert sorted(map(len, changes)) == [0, 0, 0, int(head_revision())]
    for database in databases:
        await database.close()


async def test_ids_are_used_once_from_then_on(database: Database) -> None:
    """Revision 0003 keeps every user and every login, and from then on no id is given to a second one."""
    add_user = (
        "INSERT INTO users (username, username_key, email, email_key, active, created_at)"
        " VALUES ('Susan', 'susan', 'susan@example.com', 'susan@example.com', true, '2026-01-01 00:00:00+00')"
    )
    add_login = (
        "INSERT INTO login_sessions"
        " (user_id, handle_hash, kind, client, address, created_at, proved_at, last_seen_at) SELECT"
        " id, 'hash', 'session', 'curl', '', created_at, created_at, created_at FROM users"
    )
    await upgrade_tables(database, "0002")
    await run(database, add_user, add_login)
    await upgrade_tables(database, "0003")
    async with database.session() as session:
        login = (await session.execute(text("SELECT id, user_id, handle_hash FROM login_sessions"))).one()
    assert tuple(login) == (1, 1, "hash")

    await run(database, "DELETE FROM login_sessions", "DELETE FROM users", add_user, add_login)
    async with database.session() as session:
        login = (await session.execute(text("SELECT id, user_id FROM login_sessions"))).one()
    assert tuple(login) == (2, 2)


@pytest.mark.parametrize("tables", [["users"], ["users", "login_sessions"]])
async def test_a_database_that_is_older_than_the_revisions(
    database: Database, empty_url: str, tmp_path: Path, tables: list[str]
) -> None:
    """Who had an account before there were revisions has it afterwards."""
    await create_tables_as_of_old(database, *tables)
    await run(
        database,
        "INSERT INTO users (username, username_key, email, email_key, active, created_at)"
        " VALUES ('Susan', 'susan', 'susan@example.com', 'susan@example.com', true, '2026-01-01 00:00:00+00')",
    )
    app = create_app(settings(empty_url, tmp_path))
    async with app.test_app():
        page = await Visitor(app).register("SUSAN")
        assert page.errors[0] == "Please use a different username."
        assert await current_revision(database) == head_revision()
        assert await compare_tables(database) == []


async def test_tables_of_somebody_else(database: Database) -> None:
    """A database in which another application has users is left as it is."""
    await run(database, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
    with pytest.raises(UnknownTables, match="did not make: users"):
        await upgrade_tables(database)
    assert await current_revision(database) is None
    await run(database, "SELECT name FROM users")


async def test_no_such_revision(database: Database) -> None:
    """It is said, and nothing is changed."""
    with pytest.raises(UnknownRevision, match="9999"):
        await upgrade_tables(database, "9999")
    assert await current_revision(database) is None


async def test_a_server_in_production_changes_no_tables(empty_url: str, tmp_path: Path) -> None:
    """It does not start over old tables, and says what to do; after that, it starts."""
    options = settings(empty_url, tmp_path, environment="production", secret_key="a key that is long enough")
    del options["password_method"]
    app = create_app(options)
    with pytest.raises(DatabaseOutdated, match=r"at revision none.*run: quart --app quart_app db upgrade"):
        await app.startup()
    await upgrade_tables(current_database.of(app))
    await app.startup()
    await app.shutdown()


async def test_newer_tables_are_taken(database: Database) -> None:
    """While a deployment goes on, a server of before can be started again."""
    await upgrade_tables(database)
    await run(database, "UPDATE alembic_version SET version_num = '9999'")
    await prepare_tables(database, upgrade=True)
    await prepare_tables(database, upgrade=False)
    with pytest.raises(UnknownRevision, match="9999"):
        await upgrade_tables(database)


async def test_a_change_that_fails_is_none(database: Database) -> None:
    """Tables are changed in a transaction: what fails in the middle leaves nothing behind."""
    await run(database, "CREATE VIEW login_sessions AS SELECT 1 AS user_id")  # which cannot have an index
    with pytest.raises((DBAPIError, DatabaseUnavailable)):
        await upgrade_tables(database)
    async with database.session() as session:
        connection = await session.connection()
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []
