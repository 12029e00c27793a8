"""The application behind a real PgBouncer in transaction mode, whose server is restarted, locked and slow."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # 0.32 has no types
import pytest
from pydantic import SecretStr
from sqlalchemy import Select, func, literal_column, select, text

from benchmarks.services.pgbouncer import HOW_TO_GET_IT, find_pgbouncer, run_pgbouncer
from benchmarks.services.postgresql import Cluster
from quart_app.application import Application
from quart_app.database import Database, DatabaseUnavailable, UnusableDatabaseUrl, current_database
from quart_app.migrations.changes import compare_tables, downgrade_tables, upgrade_tables
from quart_app.migrations.revisions import head_revision
from quart_app.settings import Settings
from tests.app.visitor import PASSWORD, Visitor
from tests.services.needed import needed

pytestmark = pytest.mark.services

POOL_SIZE = 8
SOON = 5.0 if os.environ.get("CHECKS") == "full" else 10.0  # seconds
_STILL_SLEEPING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()
"""
# Seconds; a transaction waits for one second for the pooler.
AT_MOST = 1.9 if os.environ.get("CHECKS") == "full" else SOON
DROPS_SETTINGS = "ignore_startup_parameters = lock_timeout, statement_timeout, options"
WITHIN = 15.0  # seconds after a restart; PgBouncer tries again after one


@pytest.fixture(autouse=True)
def long_postgresql_timeouts() -> None:
    """The real timeouts, because these tests are about them."""


@pytest.fixture
def direct_url(stoppable_postgresql: Cluster) -> Iterator[str]:
    """A database without the pooler; its server runs again after each test."""
    name = stoppable_postgresql.create_database()
    yield stoppable_postgresql.url(name)
    stoppable_postgresql.stop()
    stoppable_postgresql.start()
    stoppable_postgresql.drop_database(name)


@contextmanager
def pooler(cluster: Cluster, direct_url: str, more_settings: str = "") -> Iterator[str]:
    """A pooler that runs until the end of the block; gives the URL of the same database behind it."""
    program = needed(find_pgbouncer(), HOW_TO_GET_IT)
    with run_pgbouncer(program, cluster.port, more_settings=f"{more_settings}\n") as port:
        yield direct_url.replace(f":{cluster.port}/", f":{port}/")


@pytest.fixture
def pooler_url(stoppable_postgresql: Cluster, direct_url: str) -> Iterator[str]:
    """The same database behind the pooler."""
    with pooler(stoppable_postgresql, direct_url) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, pooler_url: str, direct_url: str) -> Settings:
    """An application with more connections to the pooler than that has to the server."""
    return Settings(
        instance_path=tmp_path,
        database_url=SecretStr(pooler_url),
        database_pooler="transaction",
        database_direct_url=SecretStr(direct_url),
        database_pool_size=POOL_SIZE,
        password_method="pbkdf2:sha256:1",
        address_limits=False,
        send_mails=False,
    )


async def statuses(user: Visitor, requests: int) -> Counter[int]:
    """The statuses of so many concurrent requests of somebody who is logged in."""
    pages = await asyncio.gather(*(user.get("/account") for _ in range(requests)))
    return Counter(page.status for page in pages)


async def until_in(user: Visitor) -> None:
    """Wait until a page is answered again."""
    async with asyncio.timeout(WITHIN):
        while (await user.get("/index")).status != 200:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.1)


async def until_it_answers(database: Database) -> None:
    """Wait until the database is available."""
    async with asyncio.timeout(WITHIN):
        while True:
            with suppress(DatabaseUnavailable):
                return await database.ping()
            await asyncio.sleep(0.1)


async def test_sixty_pages(user: Visitor) -> None:
    """Each of sixty pages of a logged-in user is answered 200, at once and one after the other."""
    assert await statuses(user, 60) == {200: 60}
    assert [(await user.get("/index")).status for _ in range(60)] == [200] * 60


async def test_a_journey(visitor: Visitor) -> None:
    """Registering, logging in, changing the password and logging out work, several times and beside each other."""

    async def journey(name: str) -> None:
        person = Visitor(visitor.app)
        await person.register(name, email=f"{name}@example.com")
        await person.login(name, remember=True)
        assert await person.is_in()
        new = "another horse battery"
        changed = await person.submit("/account/password", current_password=PASSWORD, password=new, password2=new)
        assert (changed.status, changed.errors) == (302, [])
        await person.logout()
        assert not await person.is_in()
        await person.login(name)
        assert not await person.is_in()
        await person.login(name, new)
        assert await person.is_in()

    await asyncio.gather(*(journey(f"susan{number}") for number in range(6)))


async def test_statements_of_every_kind(app: Application) -> None:
    """Statements in autocommit, in a session, and with many rows of parameters work beside each other."""
    database = current_database.of(app)

    async def write(table: str) -> int:
        async with database.session() as session:
            await session.execute(text(f"CREATE TABLE {table} (number int)"))
            rows = [{"number": number} for number in range(9)]
            await session.execute(text(f"INSERT INTO {table} VALUES (:number)"), rows)  # noqa: S608 - our own name
            await session.commit()
        return int((await database.execute(text(f"SELECT sum(number) FROM {table}")))[0][0])  # noqa: S608

    async def read(number: int) -> int:
        await database.ping()
        return int((await database.execute(select(literal_column(str(number)))))[0][0])

    sums = await asyncio.gather(*(write(f"rows_{number}") for number in range(10)))
    numbers = await asyncio.gather(*(read(number) for number in range(20)))
    assert (sums, numbers) == ([36] * 10, list(range(20)))


async def test_timeouts_are_set_in_each_transaction(app: Application, pooler_url: str) -> None:
    """A transaction has the timeouts of the server, and leaves none behind for other clients of the pooler."""
    timeouts = select(func.current_setting("statement_timeout"), func.current_setting("lock_timeout"))
    timeouts_of_others = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
    other = await asyncpg.connect(pooler_url, statement_cache_size=0)
    database = current_database.of(app)
    for _ in range(10):
        async with database.session() as session:
            assert (await session.execute(timeouts)).one() == ("1500ms", "1s")
            await session.commit()
        assert await database.execute(timeouts) == [("1500ms", "1s")]
        assert await other.fetchrow(timeouts_of_others) == ("0", "0")
    await other.close()


@pytest.mark.parametrize("in_session", [True, False])
async def test_slow_statements(app: Application, direct_url: str, in_session: bool) -> None:
    """A slow statement ends after about two seconds, at the server, too, and the connections can be used again."""
    database = current_database.of(app)
    slow: Select[tuple[object]] = select(func.pg_sleep(30))
    start = time.monotonic()

    async def execute_slowly() -> None:
        if in_session:
            async with database.session() as session:
                await session.execute(slow)
        else:
            await database.execute(slow)

    with pytest.raises(DatabaseUnavailable):
        await execute_slowly()
    assert time.monotonic() - start < SOON
    other = await asyncpg.connect(direct_url)
    async with asyncio.timeout(SOON):
        while await other.fetchval(_STILL_SLEEPING):  # noqa: ASYNC110 - the server does not tell
            await asyncio.sleep(0.05)
    await other.close()
    assert await database.execute(select(literal_column("1"))) == [(1,)]


async def test_locked(user: Visitor, direct_url: str) -> None:
    """While another client has locked the table of users, pages are 503 soon; nobody is logged out."""
    other = await asyncpg.connect(direct_url)
    async with other.transaction():
        await other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        start = time.monotonic()
        page = await user.get("/index")
        assert (page.status, page.headers.get("Retry-After"), page.cookies) == (503, "1", {})
        assert time.monotonic() - start < SOON
    await other.close()
    await until_in(user)


async def test_tables_changed_meanwhile(user: Visitor, direct_url: str) -> None:
    """No statement outlives its transaction, so that none has been prepared before a migration."""
    assert await statuses(user, 20) == {200: 20}
    other = await asyncpg.connect(direct_url)
    await other.execute("ALTER TABLE users ALTER username TYPE text")
    await other.close()
    assert await statuses(user, 20) == {200: 20}


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGINT])
async def test_restarted(user: Visitor, stoppable_postgresql: Cluster, how: signal.Signals) -> None:
    """While the server behind the pooler is stopped pages are 503 soon, and afterwards the user is still logged in."""
    assert await statuses(user, 20) == {200: 20}
    stoppable_postgresql.stop(how)
    start = time.monotonic()
    page = await user.get("/index")
    assert (page.status, page.cookies) == (503, {})
    assert time.monotonic() - start < AT_MOST
    stoppable_postgresql.start()
    await until_in(user)
    assert await statuses(user, 20) == {200: 20}


async def test_frozen(user: Visitor, stoppable_postgresql: Cluster) -> None:
    """While the server accepts everything and answers nothing pages are 503 soon, and then as before."""
    stoppable_postgresql.freeze()
    start = time.monotonic()
    assert (await user.get("/index")).status == 503
    assert time.monotonic() - start < AT_MOST
    start = time.monotonic()
    pages = await asyncio.gather(*(user.get("/index") for _ in range(2 * POOL_SIZE)))
    assert {(page.status, bool(page.cookies)) for page in pages} == {(503, False)}
    assert time.monotonic() - start < SOON
    stoppable_postgresql.thaw()
    await until_in(user)


async def test_migrations(pooler_url: str, direct_url: str) -> None:
    """Migrations of several processes run one at a time over the direct URL; the tables match the models."""
    databases = [Database(pooler_url, behind_pooler=True, direct_url=direct_url) for _ in range(3)]
    changes = await asyncio.gather(*map(upgrade_tables, databases))
    assert sorted(map(bool, changes)) == [False, False, True]
    assert await compare_tables(databases[0]) == []
    await downgrade_tables(databases[0], f"{int(head_revision()) - 1:04}")
    assert len(await upgrade_tables(databases[1])) == 1
    for database in databases:
        await database.close()


async def test_no_migrations_through_a_pooler(pooler_url: str, tmp_path: Path) -> None:
    """Without a direct URL migrations are refused, and the message says what to set."""
    database = Database(f"{pooler_url}?pgbouncer=true")
    with pytest.raises(UnusableDatabaseUrl, match="Set DATABASE_DIRECT_URL"):
        await upgrade_tables(database)
    await database.close()


@pytest.mark.parametrize("more_settings", ["", DROPS_SETTINGS, f"{DROPS_SETTINGS}\npool_mode = session"])
def test_a_server_and_a_command_that_do_not_know(
    stoppable_postgresql: Cluster, direct_url: str, tmp_path: Path, more_settings: str
) -> None:
    """With a pooler that nobody mentioned a server and a command end with one sentence, before a table is made."""
    with pooler(stoppable_postgresql, direct_url, more_settings) as url:
        environment = {**os.environ, "DATABASE_URL": url, "INSTANCE_PATH": str(tmp_path)}
        for command in (
            ["-m", "quart_app.serve", "--bind", "127.0.0.1:0", "--workers", "1"],
            ["-m", "quart", "--app", "quart_app", "db", "upgrade"],
        ):
            done = subprocess.run(  # noqa: S603 - our own command
                [sys.executable, *command], env=environment, capture_output=True, text=True, check=False, timeout=60
            )
            assert done.returncode == 1
            assert "leads to a connection pooler" in done.stderr
            assert "Set DATABASE_POOLER=transaction" in done.stderr
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize("more_settings", ["", DROPS_SETTINGS])
async def test_a_pooler_that_nobody_mentioned(
    stoppable_postgresql: Cluster, direct_url: str, more_settings: str
) -> None:
    """Neither a statement nor a migration runs through it, also where it comes after a server that was down."""
    with pooler(stoppable_postgresql, direct_url, more_settings) as url:
        database = Database(url)
        stoppable_postgresql.stop()
        if more_settings:
            with pytest.raises(DatabaseUnavailable):
                await database.ping()
        stoppable_postgresql.start()
        with pytest.raises(UnusableDatabaseUrl, match="Set DATABASE_POOLER=transaction"):
            await until_it_answers(database)
        with pytest.raises(UnusableDatabaseUrl, match="Set DATABASE_POOLER=transaction"):
            await upgrade_tables(database)
        await database.close()


@pytest.mark.parametrize("more_settings", ["", DROPS_SETTINGS])
async def test_a_direct_url_that_leads_to_a_pooler(
    stoppable_postgresql: Cluster, direct_url: str, more_settings: str
) -> None:
    """A pooler as the direct server is refused, and the message names that setting."""
    with pooler(stoppable_postgresql, direct_url, more_settings) as url:
        database = Database(url, behind_pooler=True, direct_url=url)
        with pytest.raises(UnusableDatabaseUrl, match=r"DATABASE_DIRECT_URL leads .* the PostgreSQL server itself"):
            await upgrade_tables(database)
        await database.close()


@pytest.mark.parametrize(
    ("more_settings", "parameters", "advice"),
    [
        ("pool_mode = statement", "", "Set its pool_mode to transaction"),
        ("", "?options=-csearch_path%3Dpublic", "refuses a parameter .*options.* Remove it"),
    ],
)
async def test_a_pooler_of_another_kind(
    stoppable_postgresql: Cluster, direct_url: str, more_settings: str, parameters: str, advice: str
) -> None:
    """A pooler without transactions, and one that refuses a parameter of the URL, are refused with what to change."""
    with pooler(stoppable_postgresql, direct_url, more_settings) as url:
        database = Database(f"{url}{parameters}", behind_pooler=True, direct_url=direct_url)
        for _ in range(2):
            with pytest.raises(UnusableDatabaseUrl, match=advice):
                await database.ping()
        await database.close()
