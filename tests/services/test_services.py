"""The servers of the tests are there, and every test has them to itself."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]  # 0.32 has no types
import pytest
import redis.asyncio

from benchmarks.services.postgresql import Cluster
from tests.services.needed import needed


@pytest.mark.parametrize("_time", [1, 2])
async def test_a_database_of_ones_own(postgresql_url: str, _time: int) -> None:
    """What one test leaves in PostgreSQL the next one does not find."""
    connection = await asyncpg.connect(postgresql_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.execute("CREATE TABLE left_behind (id int)")
    await connection.close()


@pytest.mark.parametrize("_time", [1, 2])
async def test_an_empty_redis(redis_url: str, _time: int) -> None:
    """What one test leaves in Redis the next one does not find."""
    async with redis.asyncio.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


async def test_a_copy_of_a_template(postgresql_cluster: Cluster) -> None:
    """A database can be made once, and copied, and emptied."""
    template = postgresql_cluster.create_database()
    postgresql_cluster.execute("CREATE TABLE prepared AS SELECT 1 AS id", database=template)
    copy = postgresql_cluster.create_database(template)
    connection = await asyncpg.connect(postgresql_cluster.url(copy))
    assert await connection.fetchval("SELECT id FROM prepared") == 1
    postgresql_cluster.empty_database(copy, ["prepared"])
    with pytest.raises(asyncpg.PostgresError):
        await connection.fetchval("SELECT 1")
    connection = await asyncpg.connect(postgresql_cluster.url(copy))
    assert await connection.fetchval("SELECT count(*) FROM prepared") == 0
    await connection.close()
    for name in (copy, template):
        postgresql_cluster.drop_database(name)


def test_a_program_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it a test is skipped and says why; in CI it fails."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="how to get it"):
        needed(None, "how to get it")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="how to get it"):
        needed(None, "how to get it")
    assert needed("/bin/true", "") == "/bin/true"
