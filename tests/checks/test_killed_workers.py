"""Workers killed with SIGKILL: answered requests are kept, others are complete or absent, and a worker follows soon."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # 0.32 has no types
import pytest

from tests.checks.tally import Tally
from tests.serving.server import Browser, Server, serve

IS_FULL = os.environ.get("CHECKS") == "full"
BACK = 2.0 if IS_FULL else 25.0  # seconds; about one is seen, see docs/operations.md
STARTS = 0 if IS_FULL else 3  # or as long as so many starts of the server take, on a machine where one takes long
COMMIT = b"COMMIT;"


@pytest.mark.check(10)
def test_killed_worker(tmp_path: Path, times: int, tally: Tally) -> None:
    """Whenever the only worker is killed, another serves soon, and every answered registration is there."""
    kills = times if IS_FULL else 3
    slowest, began = 0.0, monotonic()
    with serve(tmp_path, environment={"ADDRESS_LIMITS": "false"}) as server:
        start_took = monotonic() - began
        user = Browser(server.port)
        assert user.register("susan") == user.login("susan") == 302
        for number in range(kills):
            tally.count(Browser(server.port).register(f"user{number}") == 302, f"user{number} registers")
            server.kill_worker()
            killed_at = monotonic()
            tally.count(user.get("/index")[0] == 200, f"kill {number}: still logged in")
            slowest = max(slowest, monotonic() - killed_at)
        for number in range(kills):
            tally.count(logs_in(server, f"user{number}"), f"user{number} logs in")
            tally.count(Browser(server.port).register(f"user{number}") == 200, f"user{number} is taken")
    tally.count(slowest < max(BACK, STARTS * start_took), f"not back for {slowest:.1f} s")
    tally.note(f"back after {slowest:.2f} s at most")


class Relay:
    """A relay between the application and PostgreSQL that can hold back a COMMIT or its response."""

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url)
        self.holds: str | None = None
        self.held = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection of the application."""
        from_server, to_server = await asyncio.open_connection(self._there.hostname, self._there.port)
        silent = asyncio.Event()

        async def answer() -> None:
            while (data := await from_server.read(65536)) and not silent.is_set():
                writer.write(data)
            if not silent.is_set():
                writer.close()

        answering = asyncio.create_task(answer())
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if COMMIT in data and self.holds is not None:
                    silent.set()
                    if self.holds == "answer":
                        to_server.write(data)
                    self.held.set()
                elif not silent.is_set():
                    to_server.write(data)
        if self.holds == "answer":
            await from_server.read()  # as the server hangs up only after it has committed
        answering.cancel()
        to_server.close()
        writer.close()


@asynccontextmanager
async def relay_to(url: str) -> AsyncIterator[tuple[Relay, str]]:
    """Start a relay; return it with its database URL."""
    relay = Relay(url)
    listening = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield relay, urlsplit(url)._replace(netloc=f"postgres@127.0.0.1:{port}").geturl()
    listening.close()


@pytest.mark.check(11)
@pytest.mark.parametrize("holds", ["commit", "answer"])
async def test_killed_in_a_registration(
    postgresql_url: str, tmp_path: Path, times: int, tally: Tally, holds: str
) -> None:
    """Killed before the commit there is no account, after it a complete one; a second attempt logs in either way."""
    attempts = max(1, times // 2)
    async with relay_to(postgresql_url) as (relay, url):
        environment = {"DATABASE_URL": url, "ADDRESS_LIMITS": "false", "UPGRADE_AT_START": "true"}
        with ExitStack() as stack:
            server = await asyncio.to_thread(stack.enter_context, serve(tmp_path, environment=environment))
            for number in range(attempts):
                name = f"user{number}"
                relay.held.clear()
                relay.holds = holds
                lost = asyncio.create_task(asyncio.to_thread(register, server, name))
                await asyncio.wait_for(relay.held.wait(), 30)
                if holds == "answer":
                    await until_there(postgresql_url, name)
                server.kill_worker()
                relay.holds = None
                tally.count(await lost is None, f"{name}: the killed worker has answered")
                retry = await asyncio.to_thread(register, server, name)
                tally.count(retry == (302 if holds == "commit" else 200), f"{name}: the second try was {retry}")
                tally.count(await asyncio.to_thread(logs_in, server, name), f"{name} cannot log in")
            await asyncio.to_thread(stack.close)
    tally.count(await number_of_users(postgresql_url) == attempts, "an account too many, or one too few")


def register(server: Server, name: str) -> int | None:
    """The response to a registration; None if there is none."""
    try:
        return Browser(server.port).register(name)
    except (ConnectionError, HTTPException):
        return None


def logs_in(server: Server, name: str) -> bool:
    """Whether the password logs in; a wrong one redirects, too."""
    browser = Browser(server.port)
    return browser.login(name) == 302 and browser.get("/index")[0] == 200


async def number_of_users(url: str) -> int:
    """The number of accounts."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM users"))
    finally:
        await connection.close()


async def until_there(url: str, name: str) -> None:
    """Wait until other connections see this user."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(30):
            while not await connection.fetchval("SELECT 1 FROM users WHERE username = $1", name):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.01)
    finally:
        await connection.close()
