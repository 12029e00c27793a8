"""Real servers, started once for all tests that want one, and empty for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services import postgresql, redis
from tests.services.needed import needed
from tests.services.postgresql import Cluster


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests. Who stops it or freezes it starts another one with run_postgresql."""
    program = needed(postgresql.find_postgresql(), postgresql.HOW_TO_GET_IT)
    with postgresql.run_postgresql(program) as cluster:
        yield cluster


@pytest.fixture
def postgresql_url(postgresql_cluster: Cluster) -> Iterator[str]:
    """A PostgreSQL database of the test's own, without tables."""
    name = postgresql_cluster.create_database()
    yield postgresql_cluster.url(name)
    postgresql_cluster.drop_database(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a Redis server for all tests."""
    program = needed(redis.find_redis(), redis.HOW_TO_GET_IT)
    with redis.run_redis(program) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """A Redis in which nothing is, database 0."""
    redis.empty_redis(redis_server)
    return f"{redis_server}/0"
