from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser.server import serve
from tests.serving.server import serve as serve_in_earnest


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    """The URL of a server with an empty database.

    It is the one that needs nothing, or what a test names by ``@pytest.mark.parametrize(..., indirect=True)``.
    """
    url: str = request.getfixturevalue(getattr(request, "param", "one_worker"))
    return url


@pytest.fixture(scope="session")
def _server_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    instance = tmp_path_factory.mktemp("one-worker")
    with serve(instance, ADDRESS_LIMITS="false") as address:  # all tests have the same address
        yield address, instance / "microblog.sqlite3"


@pytest.fixture
def one_worker(_server_of_all: tuple[str, Path]) -> str:
    """A server with one worker and SQLite, for all tests of a process, in which nobody is registered."""
    address, file = _server_of_all
    with closing(sqlite3.connect(file, timeout=60)) as database, database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM users")
        database.execute("DELETE FROM failed_attempts")
    return address


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[str]:
    """A server with one worker for this test only, with its data in ``tmp_path``."""
    with serve(tmp_path) as address:
        yield address


@pytest.fixture
def two_workers(tmp_path: Path, postgresql_url: str, redis_url: str) -> Iterator[str]:
    """A supervisor with two workers, PostgreSQL and Redis, so that requests reach different workers."""
    environment = {"DATABASE_URL": postgresql_url, "REDIS_URL": redis_url}
    with serve_in_earnest(tmp_path, "--workers", "2", environment=environment) as server:
        yield f"http://127.0.0.1:{server.port}"
