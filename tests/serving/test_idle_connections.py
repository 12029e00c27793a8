"""Idle connections are watched late: no task for one that is used again at once, and the end of one that is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypercorn.asyncio import serve, tcp_server
from hypercorn.config import Config
from quart import Quart

from benchmarks.services.ports import free_port
from quart_app.framework import idle_connections
from quart_app.framework.idle_connections import LateTask, watch_idle_connections_late

_REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture(autouse=True)
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypercorn's connections, watched late in this test only."""
    monkeypatch.setattr(tcp_server, "AsyncioSingleTask", tcp_server.AsyncioSingleTask)  # type: ignore[attr-defined]
    watch_idle_connections_late()


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(30):
        while True:
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.02)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert await reader.readexactly(2) == b"ok"


@pytest.mark.parametrize("is_idle", [False, True])
async def test_an_idle_connection_ends(monkeypatch: pytest.MonkeyPatch, *, is_idle: bool) -> None:
    """A connection ends by its timeout or when the server stops, and no task watches it between two requests."""
    monkeypatch.setattr(idle_connections, "DELAY", 60.0)  # longer than a busy machine takes for three requests
    started: list[object] = []
    start = LateTask._start

    def count(own: LateTask, action: Any) -> None:
        started.append(action)
        start(own, action)

    monkeypatch.setattr(LateTask, "_start", count)
    app, stop, config = Quart(__name__), asyncio.Event(), Config()
    config.bind, config.keep_alive_timeout = [f"127.0.0.1:{free_port()}"], 0.1 if is_idle else 60.0
    app.add_url_rule("/", "view", lambda: "ok")
    server = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    host, port = config.bind[0].split(":")
    reader, writer = await _connect(host, int(port))
    started.clear()
    for _ in range(2):
        await _ask(reader, writer)
    assert len(started) == 0
    monkeypatch.setattr(idle_connections, "DELAY", 0.05)
    await _ask(reader, writer)
    if not is_idle:
        stop.set()
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    assert len(started) == 1
    writer.close()
    stop.set()
    await server


async def test_only_the_last_of_several_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restarted several times, also at once, it runs the last action once; stopped, it runs none."""
    monkeypatch.setattr(idle_connections, "DELAY", 0.02)
    ran: list[str] = []

    async def run(name: str) -> None:
        ran.append(name)
        await asyncio.sleep(60)

    task = LateTask()
    await task.restart(None, lambda: run("first"))
    await asyncio.sleep(0.1)
    await asyncio.gather(task.restart(None, lambda: run("second")), task.restart(None, lambda: run("third")))
    await asyncio.sleep(0.1)
    assert ran == ["first", "third"]
    await asyncio.gather(task.restart(None, lambda: run("fourth")), task.stop())
    await asyncio.sleep(0.1)
    assert ran == ["first", "third"]
