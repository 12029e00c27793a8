"""What all tests share: real servers, each started once and empty for each test; and which tests take long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks.services import postgresql, redis
from benchmarks.services.postgresql import Cluster
from tests.services.needed import needed

_TESTS = Path(__file__).parent
_MARKER_OF_FOLDER = {
    "benchmarks": "tools",
    "browser": "browser",
    "checks": "checks",
    "docs": "docs",
    "fuzz": "fuzz",
    "port": "port",
    "serving": "served",
}
_SERVERS = {"postgresql_cluster", "redis_server"}


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark what takes long by its nature, so that ``make test`` can leave it to ``make test-all``.

    A test that is marked ``quick`` itself is left as it is: each folder has some, so that ``make test`` looks at all.
    """
    for item in items:
        if item.get_closest_marker("quick"):
            continue
        marker = _MARKER_OF_FOLDER.get(item.path.relative_to(_TESTS).parts[0])
        if marker is not None:
            item.add_marker(marker)
        if "served" in item.path.stem:
            item.add_marker("served")
        if (
            _SERVERS & set(getattr(item, "fixturenames", ()))
            or "[postgresql" in item.name
            or "postgresql]" in item.name
        ):
            item.add_marker("services")


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
