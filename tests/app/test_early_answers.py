"""Answers that come before the body of their request has been received."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from quart_app.framework import early_answers
from quart_app.framework.early_answers import EarlyAnswers

WITH_BODY: Any = {"type": "http", "headers": [(b"Content-Length", b"9")]}
WITHOUT_BODY: Any = {"type": "http", "headers": []}


class Exchange:
    """A request to an application that answers at once.

    It receives all the while, as Quart does, or nothing, as a check in front of Quart.
    """

    def __init__(self, scope: Any, *, receives: bool = True) -> None:
        self._receives = receives
        self.sent: list[Any] = []
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self._scope = scope

    async def run(self) -> None:
        await EarlyAnswers(self._answer)(self._scope, self.incoming.get, self._send)

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        async def receive_all() -> None:
            while self._receives:
                await receive()

        receiver = asyncio.create_task(receive_all())
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too large", "more_body": False})
        receiver.cancel()

    def has_ended(self) -> bool:
        return not self.sent[-1].get("more_body", True)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


@pytest.mark.parametrize("receives", [True, False])
@pytest.mark.parametrize(
    "last", [{"type": "http.request", "body": b"end", "more_body": False}, {"type": "http.disconnect"}]
)
async def test_the_end_waits_for_the_body(last: dict[str, object], receives: bool) -> None:
    """The answer is sent at once, and ends when the request has ended or the client has gone."""
    exchange = Exchange(WITH_BODY, receives=receives)
    running = asyncio.create_task(exchange.run())
    exchange.incoming.put_nowait({"type": "http.request", "body": b"part", "more_body": True})
    for _ in range(100):  # turns of the event loop, however long they take
        await asyncio.sleep(0)
    assert exchange.body == b"too large"
    assert not exchange.has_ended()
    exchange.incoming.put_nowait(last)
    async with asyncio.timeout(early_answers.LINGER_TIMEOUT / 2):
        await running
    assert exchange.has_ended()
    assert exchange.body == b"too large"


async def test_the_end_waits_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not go on sending gets the end after a time."""
    monkeypatch.setattr(early_answers, "LINGER_TIMEOUT", 0.01)
    exchange = Exchange(WITH_BODY)
    async with asyncio.timeout(1):
        await exchange.run()
    assert exchange.has_ended()


async def test_the_end_waits_for_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends on and on gets the end after a number of bytes."""
    monkeypatch.setattr(early_answers, "LINGER_BYTES", 10)
    exchange = Exchange(WITH_BODY)
    for _ in range(3):
        exchange.incoming.put_nowait({"type": "http.request", "body": b"four", "more_body": True})
    async with asyncio.timeout(1):
        await exchange.run()
    assert exchange.has_ended()


async def test_requests_without_a_body_wait_for_nothing() -> None:
    """The answer to a request that announces no body is passed on as it is."""
    exchange = Exchange(WITHOUT_BODY)
    await exchange.run()
    assert [message.get("more_body") for message in exchange.sent] == [None, False]
