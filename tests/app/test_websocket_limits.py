"""Bounded queues of websockets."""

from __future__ import annotations

import asyncio

import pytest
from quart import websocket

from quart_app.application import Application
from quart_app.framework.websocket_backpressure import MESSAGES_WAITING
from tests.app.tab import Closed, Refused, Tab, open_tab
from tests.app.visitor import Visitor


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the connections of clients do not depend on the database."""
    return migrated_sqlite_url


async def test_few_messages_wait(app: Application, visitor: Visitor) -> None:
    """At most eight messages are queued, and one more is held; the client keeps the others."""
    may_read = asyncio.Event()
    heard: list[str | bytes] = []

    @app.websocket("/slow")
    async def slow() -> None:
        await websocket.accept()
        await may_read.wait()
        heard.extend([await websocket.receive() for _ in range(100)])
        await websocket.close(1000)

    async with open_tab(visitor, path="/slow") as tab:
        for number in range(100):
            await tab.say(str(number))
        assert await _left(tab) == 100 - MESSAGES_WAITING - 1
        may_read.set()
        assert await tab.until_closed() == 1000
    assert heard == [str(number) for number in range(100)]


async def _left(tab: Tab) -> int:
    """The number of messages that the server has not received once it stops receiving."""
    left, before = tab.unsent, -1
    while left != before:
        for _ in range(50):
            await asyncio.sleep(0)
        left, before = tab.unsent, left
    return left


@pytest.mark.parametrize("path", ["/closed", "/nowhere"], ids=["closed", "refused"])
async def test_a_closed_websocket_does_not_wait_for_the_client(app: Application, visitor: Visitor, path: str) -> None:
    """A websocket that is closed or refused ends, even if its client does not disconnect."""

    @app.websocket("/closed")
    async def closed() -> None:
        await websocket.receive()
        await websocket.close(1000)

    async with open_tab(visitor, path=path) as tab:
        await tab.say("Goodbye?")
        with pytest.raises((Closed, Refused)):
            await tab.news()
        assert tab.task is not None
        await asyncio.wait_for(asyncio.shield(tab.task), 10)
