"""Websockets that go on after their view has returned."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import pytest
from quart import websocket

from quart_app.application import Application
from quart_app.framework.websocket_continuation import continue_with
from quart_app.live.hub import current_hub
from tests.app.tab import Closed, Refused, open_tab
from tests.app.visitor import Visitor


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the connections of clients do not depend on the database."""
    return migrated_sqlite_url


def text_of(event: Any) -> str:
    """The text of a message, or the type of another event."""
    return str(event.get("text") or event["type"])


async def test_nothing_of_quart_stays(app: Application, visitor: Visitor) -> None:
    """When the view has returned, its contexts have ended, and the websocket is one task and goes on."""
    torn_down = asyncio.Event()
    app.teardown_websocket(lambda _error: torn_down.set())
    before = len(asyncio.all_tasks())

    async def go_on(receive: Any, send: Any) -> None:
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": None, "text": json.dumps({"count": 1, "names": [""]})})
        assert event["type"] == "websocket.disconnect"

    @app.websocket("/on")
    async def view() -> None:
        continue_with(go_on)
        await websocket.accept()

    async with open_tab(visitor, path="/on") as tab:
        await torn_down.wait()
        for _ in range(2):
            await tab.say("hello")
            assert await tab.names() == [""]
        assert len(asyncio.all_tasks()) == before + 1


async def test_messages_from_before(app: Application, visitor: Visitor) -> None:
    """What the client sent while the view ran, and the view has not received, comes first and in order."""
    heard: list[str] = []
    accepted, may_return = asyncio.Event(), asyncio.Event()

    async def go_on(receive: Any, send: Any) -> None:
        heard.extend([text_of(await receive()) for _ in range(13)])
        await send({"type": "websocket.close", "code": 1000, "reason": ""})

    @app.websocket("/on")
    async def view() -> None:
        continue_with(go_on)
        await websocket.accept()
        accepted.set()
        await may_return.wait()
        heard.append(str(await websocket.receive()))

    async with open_tab(visitor, path="/on") as tab:
        await accepted.wait()
        for number in range(14):
            await tab.say(str(number))
        for _ in range(100):  # the queue has eight places, and one message is held
            await asyncio.sleep(0)
        assert tab.unsent == 5
        may_return.set()
        assert await tab.until_closed() == 1000
    assert heard == [str(number) for number in range(14)]


@pytest.mark.parametrize("why", ["the client is gone", "the view fails"])
async def test_called_in_every_case(app: Application, visitor: Visitor, why: str) -> None:
    """The function is called, and receives a disconnect at once, if the view is cancelled or the websocket refused."""
    heard: list[str] = []

    async def go_on(receive: Any, _send: Any) -> None:
        heard.extend([text_of(await receive()) for _ in range(2)])

    @app.websocket("/on")
    async def view() -> None:
        continue_with(go_on)
        if why == "the view fails":
            raise RuntimeError("a fault of the view")
        await websocket.accept()
        await asyncio.Event().wait()

    async with open_tab(visitor, path="/on") as tab:
        if why == "the view fails":
            with pytest.raises(Refused) as refused:
                await tab.news()
            assert refused.value.status == 500
        else:
            await tab.go()
        assert tab.task is not None
        await tab.task
    assert heard == ["websocket.disconnect"] * 2


async def test_many_leave_at_once(app: Application, visitor: Visitor) -> None:
    """Of clients that leave at the same moment a few are cleaned up at each turn of the event loop."""
    await visitor.register("susan")
    await visitor.login("susan")
    hub = current_hub.of(app)
    hub._limit = 60
    async with AsyncExitStack() as crowd:
        tabs = [await crowd.enter_async_context(open_tab(visitor)) for _ in range(50)]
        for tab in tabs:
            await tab.names()
        for tab in tabs:
            await tab.go()
        left = [len(hub.sockets)]
        while left[-1]:
            await asyncio.sleep(0)
            left.append(len(hub.sockets))
    assert 0 < max(before - after for before, after in pairwise(left)) <= 8


async def test_only_the_function_closes(app: Application, visitor: Visitor) -> None:
    """A view that closes by itself does not end the websocket: the function does."""

    async def go_on(_receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 1013, "reason": ""})

    @app.websocket("/on")
    async def view() -> None:
        continue_with(go_on)
        await websocket.accept()
        await websocket.close(1000)

    async with open_tab(visitor, path="/on") as tab:
        with pytest.raises(Closed) as closed:
            await tab.news()
    assert closed.value.code == 1013
