"""Two hosts in DATABASE_URL, of which one refuses writes, is down, or does not answer."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import func, select

from benchmarks.services.postgresql import HOW_TO_GET_IT, Cluster, find_postgresql, run_postgresql
from quart_app.database import Database, DatabaseUnavailable
from tests.services.needed import needed

pytestmark = pytest.mark.services

_PROMOTION = "BEGIN READ WRITE; ALTER ROLE postgres SET default_transaction_read_only = off; COMMIT"
SERVER_PORT = select(func.current_setting("port"))


@pytest.fixture(autouse=True)
def long_postgresql_timeouts() -> None:
    """The real timeouts, because these tests are about them."""


@pytest.fixture(scope="module")
def standby() -> Iterator[Cluster]:
    """A server that refuses writes, as a standby does."""
    program = needed(find_postgresql(), HOW_TO_GET_IT)
    with run_postgresql(program, default_transaction_read_only="on") as cluster:
        yield cluster


@pytest.fixture
async def database(stoppable_postgresql: Cluster, standby: Cluster) -> AsyncIterator[Database]:
    """A database whose URL has the standby first."""
    hosts = f"127.0.0.1:{standby.port},127.0.0.1:{stoppable_postgresql.port}"
    database = Database(f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write")
    yield database
    await database.close()
    stoppable_postgresql.stop()
    stoppable_postgresql.start()


async def test_the_host_that_takes_writes(database: Database, stoppable_postgresql: Cluster) -> None:
    """``target_session_attrs=read-write`` passes over a host that refuses writes."""
    assert await database.execute(SERVER_PORT) == [(str(stoppable_postgresql.port),)]


async def test_failover(database: Database, stoppable_postgresql: Cluster, standby: Cluster) -> None:
    """Without a host that takes writes the database is unavailable; the statement after a promotion is executed."""
    await database.ping()
    stoppable_postgresql.stop(signal.SIGQUIT)
    with pytest.raises(DatabaseUnavailable) as error:
        await database.execute(SERVER_PORT)
    assert "No host of DATABASE_URL can be used" in str(error.value.__cause__)
    # The role's setting overrides the server's.
    standby.execute(_PROMOTION)
    assert await database.execute(SERVER_PORT) == [(str(standby.port),)]


async def test_a_host_that_does_not_answer(stoppable_postgresql: Cluster) -> None:
    """A host that accepts connections and says nothing does not use up the time of the next one."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{stoppable_postgresql.port}"
        database = Database(f"postgresql://postgres@{hosts}/postgres?target_session_attrs=primary")
        start = time.monotonic()
        assert await database.execute(SERVER_PORT) == [(str(stoppable_postgresql.port),)]
        assert time.monotonic() - start < 2.5
        await database.close()
