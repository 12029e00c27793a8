"""The websocket of a real server: origins, floods, and a view that does not receive."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest
from quart import websocket

from benchmarks.services.websocket import Refused, connect
from quart_app.application import Application
from tests.app.tab import open_tab
from tests.app.visitor import Visitor
from tests.checks.tally import Tally
from tests.serving.server import Browser, Server, serve

PATH = "/live/ws"
ALLOWED = "https://app.test"
LIMIT = 64 * 1024
MORE = 50 * 1024  # KiB of memory
MESSAGES = 2000
FLOOD = 2.0  # seconds


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server in a process of its own, whose API is open to one other origin."""
    with ExitStack() as stack:
        settings = {"API_ALLOWED_ORIGINS": ALLOWED}
        yield await asyncio.to_thread(stack.enter_context, serve(tmp_path, environment=settings))
        await asyncio.to_thread(stack.close)


@pytest.fixture
async def cookies(server: Server) -> str:
    """The cookies of a logged-in user."""

    def log_in() -> str:
        browser = Browser(server.port)
        assert browser.register("susan") == browser.login("susan") == 302
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    return await asyncio.to_thread(log_in)


def memory(server: Server) -> int:
    """The memory of the worker, in KiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.workers[0]}/status").read_text())
    assert found
    return int(found[1])


@pytest.mark.check(23)
async def test_origins(server: Server, cookies: str, tally: Tally) -> None:
    """Only a page of this site opens it by cookies: any other origin, and none, is 403 before it is accepted.

    For the allowed origin it is 401, because its cookies do not count.
    """
    url = f"http://127.0.0.1:{server.port}{PATH}"
    ours = f"http://127.0.0.1:{server.port}"
    foreign = ["https://evil.test", "null", None, f"{ours}.evil.test", "http://127.0.0.1", f"https://evil.test#{ours}"]
    for origin in (*foreign, ALLOWED):
        headers = {"Cookie": cookies, **({} if origin is None else {"Origin": origin})}
        try:
            async with connect(url, headers):
                status = 101
        except Refused as refused:
            status = refused.status
        tally.count(status == (401 if origin == ALLOWED else 403), f"{origin}: {status}")
    async with connect(url, {"Cookie": cookies, "Origin": ours}) as client:
        tally.count("susan" in await client.receive(), "our own page")


@pytest.mark.check(23)
async def test_what_it_takes(server: Server, cookies: str, tally: Tally) -> None:
    """A message that is too long closes it with 1009; a flood neither fills memory nor delays other requests."""
    url = f"http://127.0.0.1:{server.port}{PATH}"
    headers = {"Cookie": cookies, "Origin": f"http://127.0.0.1:{server.port}"}
    for size, code in ((LIMIT, 1003), (LIMIT + 1, 1009)):
        async with connect(url, headers) as client:
            await client.receive()
            await client.send("x" * size)
            closed = await client.until_closed()
            tally.count(closed == code, f"{size} bytes: {closed}")

    before, sent = memory(server), 0
    end = monotonic() + FLOOD
    while monotonic() < end:
        async with connect(url, headers) as client:
            try:
                async with asyncio.timeout(0.5):
                    while monotonic() < end:
                        await client.send("x" * LIMIT)
                        sent += 1
            except (ConnectionError, TimeoutError):
                pass
            client.writer.transport.abort()  # because the rest is never received
    more = memory(server) - before
    tally.count(more < MORE, f"{more} KiB more after {sent} messages")
    status, _ = await asyncio.to_thread(Browser(server.port).get, "/login")
    tally.count(status == 200, "others")
    tally.note(f"{sent} messages of 64 KiB, +{more / 1024:.0f} MiB")


@pytest.mark.check(23)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_view_that_does_not_read(app: Application, visitor: Visitor, tally: Tally) -> None:
    """Of a flood a few messages are queued; the others stay with the client."""
    may_end = asyncio.Event()

    @app.websocket("/slow")
    async def slow() -> None:
        await websocket.accept()
        await may_end.wait()
        await websocket.close(1000)

    async with open_tab(visitor, path="/slow") as tab:
        message = "x" * LIMIT
        for _ in range(MESSAGES):
            await tab.say(message)
        for _ in range(10 * MESSAGES):
            await asyncio.sleep(0)
        taken = MESSAGES - tab.unsent
        tally.count(0 < taken * LIMIT < MORE * 1024, f"{taken} messages wait")
        may_end.set()
        tally.count(await tab.until_closed() == 1000, "the end of it")
    tally.note(f"{taken} of {MESSAGES} messages wait")
