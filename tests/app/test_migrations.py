"""Migrations, from an empty database to the models and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import models
from quart_app.clock import now as utc_now
from quart_app.database import Database, DatabaseUnavailable, current_database, is_lock_timeout
from quart_app.factory import create_app
from quart_app.migrations import changes
from quart_app.migrations.changes import compare_tables, downgrade_tables, upgrade_tables
from quart_app.migrations.errors import DatabaseOutdated, TablesLocked, UnknownRevision, UnknownTables
from quart_app.migrations.revisions import current_revision, head_revision
from quart_app.migrations.start import prepare_tables
from quart_app.models.login_session import hash_handle, new_handle
from quart_app.sessions.bearer import make_bearer_token
from tests.app.many_logins import ids
from tests.app.program import Program
from tests.app.visitor import Visitor

ADD_SUSAN = (
    "INSERT INTO users (username, username_key, email, email_key, active, created_at)"
    " VALUES ('Susan', 'susan', 'susan@example.com', 'susan@example.com', true, '2026-01-01 00:00:00+00')"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test only."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
async def database(empty_url: str) -> AsyncIterator[Database]:
    """An empty database."""
    database = Database(empty_url)
    await database.open()
    yield database
    await database.close()


def settings(url: str, folder: Path, **others: object) -> dict[str, object]:
    """The settings of a server with this database."""
    return {"instance_path": folder, "database_url": url, "password_method": "pbkdf2:sha256:1", **others}


async def run(database: Database, *statements: str) -> None:
    """Execute SQL on a connection, and commit."""
    async with database.session() as session:
        for statement in statements:
            await session.execute(text(statement))
        await session.commit()


async def create_tables_as_of_old(database: Database, *names: str) -> None:
    """What the application did before there were revisions: the tables of the first revision, and no number."""
    await upgrade_tables(database, "0001")
    missing = [name for name in ("login_sessions", "users") if name not in names]
    await run(database, *(f"DROP TABLE {name}" for name in [*missing, "alembic_version"]))


def test_every_model_is_compared() -> None:
    """The tables of all modules of ``models`` are compared: one that is left out would never get a revision."""
    files = {file.stem for file in Path(models.__path__[0]).glob("[a-z]*.py")}
    assert {module.__name__.rpartition(".")[2] for module in changes.MODELS} == files


async def test_each_step_up_and_down(database: Database) -> None:
    """Every revision can be applied, reverted and applied again."""
    numbers = [f"{number:04}" for number in range(1, int(head_revision()) + 1)]
    for before, number in zip(["base", *numbers], numbers, strict=False):
        assert [change.revision for change in await upgrade_tables(database, number)] == [number]
        assert [change.revision for change in await downgrade_tables(database, before)] == [number]
        assert [change.revision for change in await upgrade_tables(database, number)] == [number]
        assert await current_revision(database) == number
    assert len(await downgrade_tables(database, "base")) == len(numbers)
    assert await current_revision(database) is None


async def test_the_last_revision_is_what_the_models_say(database: Database) -> None:
    """The last revision agrees with the models."""
    await upgrade_tables(database)
    assert await current_revision(database) == head_revision()
    assert await compare_tables(database) == []
    assert await upgrade_tables(database) == []


async def test_a_difference_is_seen(database: Database) -> None:
    """A table without a model and a column without an attribute are differences."""
    await upgrade_tables(database)
    await run(database, "CREATE TABLE surplus (id INTEGER PRIMARY KEY)", "ALTER TABLE users ADD age INTEGER")
    kinds = [difference[0] for difference in await compare_tables(database)]
    assert sorted(kinds) == ["remove_column", "remove_table"]


async def test_several_at_once(empty_url: str) -> None:
    """Of several concurrent upgrades one creates the tables, and the others wait."""
    databases = [Database(empty_url) for _ in range(4)]
    await asyncio.gather(*(database.open() for database in databases))
    changes = await asyncio.gather(*(upgrade_tables(database) for database in databases))
    assert sorted(map(len, changes)) == [0, 0, 0, int(head_revision())]
    for database in databases:
        await database.close()


async def test_ids_are_used_once_from_then_on(database: Database) -> None:
    """Revision 0003 keeps all users and logins, and afterwards no id is used twice."""
    add_login = (
        "INSERT INTO login_sessions"
        " (user_id, handle_hash, kind, client, address, created_at, proved_at, last_seen_at) SELECT"
        " id, 'hash', 'session', 'curl', '', created_at, created_at, created_at FROM users"
    )
    await upgrade_tables(database, "0002")
    await run(database, ADD_SUSAN, add_login)
    await upgrade_tables(database, "0003")
    async with database.session() as session:
        login = (await session.execute(text("SELECT id, user_id, handle_hash FROM login_sessions"))).one()
    assert tuple(login) == (1, 1, "hash")

    await run(database, "DELETE FROM login_sessions", "DELETE FROM users", ADD_SUSAN, add_login)
    async with database.session() as session:
        login = (await session.execute(text("SELECT id, user_id FROM login_sessions"))).one()
    assert tuple(login) == (2, 2)


async def test_logins_get_public_ids(empty_url: str, database: Database, tmp_path: Path) -> None:
    """Revision 0007 keeps everybody logged in, gives each row another id, and takes rows of the previous release."""
    handles = [new_handle() for _ in range(3)]
    now = f"'{utc_now():%Y-%m-%d %H:%M:%S}+00'"
    add_login = (
        "INSERT INTO login_sessions"  # noqa: S608 - our own values
        " (user_id, handle_hash, kind, client, address, created_at, proved_at, last_seen_at)"
        f" SELECT id, '{{}}', 'bearer', 'curl', '', {now}, {now}, {now} FROM users"
    )
    await upgrade_tables(database, "0006")
    await run(
        database,
        ADD_SUSAN,
        *(add_login.format(hash_handle(handle)) for handle in handles[:2]),
        add_login.format("ended"),
        "DELETE FROM login_sessions WHERE handle_hash = 'ended'",
    )
    await upgrade_tables(database, "0007")
    await run(database, add_login.format(hash_handle(handles[2])))

    app = create_app(settings(empty_url, tmp_path))
    async with app.test_app():
        async with app.app_context():
            programs = [Program(app, make_bearer_token(handle)) for handle in handles]
        sessions = (await programs[0].send("GET", "/sessions")).json["sessions"]
        assert [await program.is_in() for program in programs] == [True] * 3
        assert {UUID(session["id"]).version for session in sessions} == {4}
        assert len({session["id"] for session in sessions}) == 3
        assert await ids(app) == [1, 2, 4]  # none is used twice, as revision 0003 promised
        await downgrade_tables(database, "0006")
        await upgrade_tables(database)
        assert [await program.is_in() for program in programs] == [True] * 3


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
async def test_many_logins_get_public_ids(database: Database) -> None:
    """Revision 0007 reaches every row in several statements, and a second attempt the rest of the first."""
    await upgrade_tables(database, "0006")
    await run(
        database,
        ADD_SUSAN,
        "INSERT INTO login_sessions"
        " (id, user_id, handle_hash, kind, client, address, created_at, proved_at, last_seen_at)"
        " SELECT number, 1, number, 'session', 'curl', '', now(), now(), now()"
        " FROM unnest(array[1, 2, 10000, 10001, 20000, 20001, 45000]) AS number",
        "ALTER TABLE login_sessions ADD COLUMN public_id UUID",
        "UPDATE login_sessions SET public_id = gen_random_uuid() WHERE id = 2",
        "ALTER TABLE login_sessions ADD CONSTRAINT login_sessions_have_public_ids"
        " CHECK (public_id IS NOT NULL) NOT VALID",
    )
    await upgrade_tables(database, "0007")
    async with database.session() as session:
        query = "SELECT count(DISTINCT public_id), count(*) FROM login_sessions"
        assert tuple((await session.execute(text(query))).one()) == (7, 7)
        constraints = "SELECT count(*) FROM pg_constraint WHERE conname = 'login_sessions_have_public_ids'"
        assert await session.scalar(text(constraints)) == 0


async def test_mails_and_tokens_come_and_go(database: Database) -> None:
    """Revision 0009 confirms nobody's address, takes rows of the previous release, and can be reverted with rows."""
    now = f"'{utc_now():%Y-%m-%d %H:%M:%S}+00'"
    await upgrade_tables(database, "0008")
    await run(database, ADD_SUSAN)
    await upgrade_tables(database, "0009")
    await run(database, ADD_SUSAN.replace("susan", "bob").replace("Susan", "Bob"))
    async with database.session() as session:
        confirmed = await session.execute(text("SELECT username, email_confirmed_at FROM users ORDER BY id"))
        assert [tuple(row) for row in confirmed] == [("Susan", None), ("Bob", None)]

    add_mail = (
        "INSERT INTO outgoing_mails"  # noqa: S608 - our own values
        " (message_id, kind, address, user_id, root_url, created_at, next_attempt_at, attempts)"
        f" VALUES ('{UUID(int=7)}', 'confirm-address', 'susan@example.com', {{}}, 'http://localhost/', {now}, {now}, 0)"
    )
    await run(
        database,
        add_mail.format(1),
        add_mail.format("NULL"),
        "INSERT INTO mail_tokens (token_hash, user_id, purpose, email, expires_at)"  # noqa: S608 - our own values
        f" VALUES ('hash', 1, 'confirm-address', 'susan@example.com', {now})",
        f"INSERT INTO mail_sender (id, holder, until) VALUES (1, '{UUID(int=7)}', {now})",  # noqa: S608
        f"UPDATE users SET email_confirmed_at = {now} WHERE id = 2",  # noqa: S608
        "DELETE FROM users WHERE id = 1",
    )
    async with database.session() as session:  # what was about Susan went with her
        assert (await session.execute(text("SELECT user_id FROM outgoing_mails"))).all() == [(None,)]
        assert await session.scalar(text("SELECT count(*) FROM mail_tokens")) == 0

    await downgrade_tables(database, "0008")
    async with database.session() as session:
        assert (await session.execute(text("SELECT id, username FROM users"))).all() == [(2, "Bob")]
    await upgrade_tables(database)
    assert await compare_tables(database) == []


@pytest.mark.parametrize("tables", [["users"], ["users", "login_sessions"]])
async def test_a_database_that_is_older_than_the_revisions(
    database: Database, empty_url: str, tmp_path: Path, tables: list[str]
) -> None:
    """Accounts from before there were revisions are kept."""
    await create_tables_as_of_old(database, *tables)
    await run(database, ADD_SUSAN)
    app = create_app(settings(empty_url, tmp_path))
    async with app.test_app():
        page = await Visitor(app).register("SUSAN")
        assert page.errors[0] == "Please use a different username."
        assert await current_revision(database) == head_revision()
        assert await compare_tables(database) == []


async def test_tables_of_another_application(database: Database) -> None:
    """A database with the tables of another application is not changed."""
    await run(database, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
    with pytest.raises(UnknownTables, match="did not make: users"):
        await upgrade_tables(database)
    assert await current_revision(database) is None
    await run(database, "SELECT name FROM users")


async def test_no_such_revision(database: Database) -> None:
    """An unknown revision is an error, and nothing is changed."""
    with pytest.raises(UnknownRevision, match="9999"):
        await upgrade_tables(database, "9999")
    assert await current_revision(database) is None


async def test_a_server_in_production_changes_no_tables(empty_url: str, tmp_path: Path) -> None:
    """In production a server does not start with old tables, and says how to upgrade them."""
    production = {"environment": "production", "secret_key": "a key that is long enough", "mail_url": "file:"}
    options = settings(empty_url, tmp_path, **production)
    del options["password_method"]
    app = create_app(options)
    with pytest.raises(DatabaseOutdated, match=r"at revision none.*run: quart --app quart_app db upgrade"):
        await app.startup()
    await upgrade_tables(current_database.of(app))
    await app.startup()
    await app.shutdown()


async def test_newer_tables_are_taken(database: Database) -> None:
    """An older release starts with newer tables, as during a deployment."""
    await upgrade_tables(database)
    await run(database, "UPDATE alembic_version SET version_num = '9999'")
    await prepare_tables(database, upgrade=True)
    await prepare_tables(database, upgrade=False)
    with pytest.raises(UnknownRevision, match="9999"):
        await upgrade_tables(database)


async def test_a_change_that_fails_is_none(database: Database) -> None:
    """A revision that fails in the middle changes nothing."""
    await run(database, "CREATE VIEW login_sessions AS SELECT 1 AS user_id")  # which cannot have an index
    with pytest.raises((DBAPIError, DatabaseUnavailable)):
        await upgrade_tables(database)
    async with database.session() as session:
        connection = await session.connection()
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []


@pytest.fixture
async def dump(database: Database) -> AsyncIterator[AsyncSession]:
    """Another transaction, which has read a table that revision 0005 alters, as that of ``pg_dump`` does."""
    await upgrade_tables(database, "0004")
    async with database.session() as session:
        await session.execute(text("SELECT 1 FROM users"))
        yield session


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
async def test_an_upgrade_behind_a_dump(
    database: Database, dump: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users do not wait as long as a revision that waits for a lock; it is applied when the lock is free."""
    was_refused = asyncio.Event()

    def note(error: DBAPIError) -> bool:
        was_refused.set()
        return is_lock_timeout(error)

    monkeypatch.setattr(changes, "is_lock_timeout", note)
    upgrading = asyncio.create_task(upgrade_tables(database, "0005"))
    await was_refused.wait()
    await run(database, ADD_SUSAN)
    assert not upgrading.done()
    await dump.rollback()
    assert [change.revision for change in await upgrading] == ["0005"]


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
async def test_an_upgrade_behind_an_endless_dump(
    database: Database, dump: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade gives up in the end, says why, and has changed nothing; another one can begin."""
    monkeypatch.setattr(changes, "_ATTEMPTS", 2)
    with pytest.raises(TablesLocked, match="such as that of pg_dump"):
        await upgrade_tables(database, "0005")
    assert await current_revision(database) == "0004"
    await dump.rollback()
    await upgrade_tables(database)
    assert await current_revision(database) == head_revision()
