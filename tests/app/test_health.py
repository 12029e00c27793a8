"""The health checks, for load balancers and orchestrators."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from quart.testing import QuartClient
from sqlalchemy import text

from benchmarks.services.ports import free_port
from benchmarks.services.redis import HOW_TO_GET_IT, find_redis, run_redis
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.operation import health
from tests.app.log_lines import logging_of_a_worker, read_lines
from tests.app.test_faults import broken
from tests.app.visitor import Page, Visitor
from tests.services.needed import needed


@pytest.fixture(autouse=True)
def _long_probe_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long timeout for the check, because the machine is busy with other tests."""
    monkeypatch.setattr(health, "_PROBE_TIMEOUT", 30.0)


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The log of a worker, as text."""
    with logging_of_a_worker(json=False):
        yield


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock by which reports are reused."""
    moment = [100.0]
    monkeypatch.setattr(health, "monotonic", lambda: moment[0])
    return moment


def read(page: Page) -> tuple[int, object]:
    """The status and the content of a response."""
    return page.status, json.loads(page.text)


@pytest.mark.parametrize("root", ["/sub", "/sub/", "/two/folders"])
async def test_below_a_path(app: Application, capfd: pytest.CaptureFixture[str], root: str) -> None:
    """Where the application is mounted they answer below that path and at the port's own, and leave no line."""
    client = QuartClient(app)
    for path in ("/healthz", "/readyz", "/metrics"):
        for asked in (f"{root.rstrip('/')}{path}", path):
            assert (await client.get(asked, root_path=root)).status_code == 200, asked
    assert capfd.readouterr().err == ""
    for other in ("/sub/sub/healthz", "/subhealthz", "/other/healthz"):
        assert (await client.get(other, root_path=root)).status_code == 404, other


async def test_alive(user: Visitor, queries: list[str]) -> None:
    """``/healthz`` is 200 as long as the process runs, and does not query the database."""
    queries.clear()
    with broken(OSError("connection refused")):
        page = await user.get("/healthz")
    assert read(page) == (200, {"status": "alive"})
    assert queries == []


async def test_ready(user: Visitor, queries: list[str], moment: list[float]) -> None:
    """``/readyz`` is 200 after one query, at most once a second."""
    queries.clear()
    for _ in range(3):
        assert read(await user.get("/readyz")) == (200, {"status": "ready", "database": "ok"})
    await asyncio.gather(*(user.get("/readyz") for _ in range(5)))
    assert queries == ["SELECT 1"]
    moment[0] += 1
    await asyncio.gather(*(user.get("/readyz") for _ in range(5)))
    assert queries == 2 * ["SELECT 1"]


async def test_not_ready(user: Visitor, moment: list[float]) -> None:
    """While the database is down ``/readyz`` is 503 without details; then it is 200 again."""
    assert (await user.get("/readyz")).status == 200
    moment[0] += 1
    with broken(OSError("connection to 10.0.0.7 refused")):
        page = await user.get("/readyz")
        assert read(page) == (503, {"status": "not ready", "database": "does not answer"})
        assert page.headers["Retry-After"] == "1"
        assert (await user.get("/healthz")).status == 200
    moment[0] += 1
    assert (await user.get("/readyz")).status == 200


async def test_a_busy_database(app: Application, visitor: Visitor, moment: list[float]) -> None:
    """``/readyz`` has its own connection, so an exhausted pool does not affect it."""
    async with AsyncExitStack() as sessions:
        for _ in range(app.settings.database_pool_size):
            session = await sessions.enter_async_context(current_database.of(app).session())
            await session.execute(text("SELECT 1"))
        assert read(await visitor.get("/readyz")) == (200, {"status": "ready", "database": "ok"})
        moment[0] += 1
        with broken(OSError("connection refused")):
            assert (await visitor.get("/readyz")).status == 503


async def test_a_database_that_hangs(app: Application, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the database does not answer, ``/readyz`` is 503 after a second."""
    monkeypatch.setattr(health, "_PROBE_TIMEOUT", 0.01)

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.ext.asyncio.AsyncSession.execute", hang)
        assert (await visitor.get("/readyz")).status == 503


async def test_redis(
    tmp_path: Path, migrated_sqlite_url: str, moment: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    """``/readyz`` reports Redis, if there is one; without it the application is still ready."""
    program = needed(find_redis(), HOW_TO_GET_IT)
    port = free_port()
    with run_redis(program, port=port):
        app = create_app(
            {
                "instance_path": tmp_path,
                "database_url": migrated_sqlite_url,
                "redis_url": f"redis://127.0.0.1:{port}",
            }
        )
        visitor = Visitor(app)
        assert read(await visitor.get("/readyz")) == (200, {"status": "ready", "database": "ok", "redis": "ok"})
        capfd.readouterr()
    moment[0] += 1
    assert read(await visitor.get("/readyz")) == (
        200,
        {"status": "ready", "database": "ok", "redis": "does not answer"},
    )
    await current_database.of(app).close()
    assert "warning  quart_app.health ready, but not everything answers" in capfd.readouterr().err


async def test_changes_are_logged(
    app: Application, visitor: Visitor, moment: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    """Each change of readiness is logged once."""
    for is_broken in (False, False, True, True, False):
        moment[0] += 1
        if is_broken:
            with broken(OSError("connection refused")):
                await visitor.get("/readyz")
        else:
            await visitor.get("/readyz")
    lines = [
        line.split(" quart_app.health ")[1].split(" request_id")[0] for line in capfd.readouterr().err.splitlines()
    ]
    assert lines == ["not ready: /readyz is 503 now database=does not answer", "ready again database=ok"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_health_checks_are_plain(
    user: Visitor, queries: list[str], capfd: pytest.CaptureFixture[str], path: str
) -> None:
    """No cookie, no user, no caching and no log line; HEAD has no body, and other methods are refused."""
    queries.clear()
    capfd.readouterr()
    page = await user.get(path, {"Host": "10.0.0.7:8000"})
    assert (page.status, page.cookies) == (200, {})
    assert page.headers["Cache-Control"] == "no-store"
    assert "Vary" not in page.headers
    assert queries in ([], ["SELECT 1"])
    head = await user.client.head(path)
    assert (head.status_code, await head.get_data()) == (200, b"")
    posted = await user.client.post(path)
    assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD")
    assert read_lines(capfd) == []
