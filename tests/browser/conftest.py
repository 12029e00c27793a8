from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import HOW_TO_GET_IT, find_chromium
from tests.browser.server import serve
from tests.serving.server import serve as serve_in_earnest


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium. Without it the test is skipped, but never in CI."""
    program = find_chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    return program


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    """The URL of a server of this test only, with an empty database.

    It is the one that needs nothing, or what a test names by ``@pytest.mark.parametrize(..., indirect=True)``.
    """
    url: str = request.getfixturevalue(getattr(request, "param", "one_worker"))
    return url


@pytest.fixture
def one_worker(tmp_path: Path) -> Iterator[str]:
    """A server with one worker and SQLite."""
    with serve(tmp_path) as address:
        yield address


@pytest.fixture
def two_workers(tmp_path: Path, postgresql_url: str, redis_url: str) -> Iterator[str]:
    """A supervisor with two workers, PostgreSQL and Redis, so that requests reach different workers."""
    environment = {"DATABASE_URL": postgresql_url, "REDIS_URL": redis_url}
    with serve_in_earnest(tmp_path, "--workers", "2", environment=environment) as server:
        yield f"http://127.0.0.1:{server.port}"
