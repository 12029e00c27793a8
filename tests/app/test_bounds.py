"""What grows with the requests of one client, and where that ends; what other tests hold is in docs/security.md."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from unittest import mock

import pytest
from sqlalchemy import insert

from quart_app import clock as app_clock
from quart_app.accounts.attempts import AttemptCounter
from quart_app.accounts.throttle import attempts_key, current_throttle
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.defences.rate import LocalStore, Rate
from quart_app.models.failed_attempts import FailedAttempts
from quart_app.sessions.last_seen import LastSeenUpdates
from tests.app.test_throttling import attempts
from tests.app.visitor import PASSWORD, Visitor

MINUTE = timedelta(minutes=1)


async def test_expired_counts_go_in_batches(app: Application, queries: list[str]) -> None:
    """However many names were made up: each statement deletes a bounded number of counts, and none is left."""
    rows = [{"key": f"{number:064}", "count": 1, "ends_at": app_clock.now() - MINUTE} for number in range(25)]
    async with current_database.of(app).session() as session:
        await session.execute(insert(FailedAttempts), rows)
        await session.commit()
    queries.clear()
    with mock.patch("quart_app.database.batches._BATCH", 10), mock.patch("quart_app.database.batches._PAUSE", 0):
        async with app.app_context():
            await AttemptCounter(current_database()).clear(app_clock.now())
    assert await attempts(app) == []
    assert len([query for query in queries if "DELETE" in query]) == 3


async def test_addresses_in_memory_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the address is forgotten that has sent nothing for the longest time."""
    monkeypatch.setattr("quart_app.defences.rate.KEYS_MAX", 10)
    store, rate = LocalStore(), Rate(2, 3600.0)
    await store.take("guesses on", rate)
    for number in range(50):
        assert not (await store.take(f"address {number}", rate)).wait
        assert len(store) <= 10
        if number == 5:
            assert not (await store.take("guesses on", rate)).wait
        if number == 12:
            assert (await store.take("guesses on", rate)).wait
    assert not (await store.take("guesses on", rate)).wait


async def test_no_memory_of_attempts(app: Application) -> None:
    """A worker keeps nothing of an attempt that has ended, whatever name it was for: counts are in the database."""
    async with app.app_context():
        throttle = current_throttle()
        for number in range(50):
            async with throttle.attempt(attempts_key("name", f"nobody {number}")):
                assert len(throttle._running) == 1
        assert len(throttle._running) == 0


async def test_last_seen_updates_wait_once_for_each_login(app: Application) -> None:
    """A login that sends requests without end is in the queue once, with the newest time."""
    updates, start = LastSeenUpdates(), app_clock.now()
    async with app.app_context():
        for number in range(1000):
            updates.add(number % 3, start + timedelta(seconds=number))
        assert len(updates._pending) == 3
        await asyncio.gather(*app.background_tasks)
    assert len(updates._pending) == 0


async def test_one_browser_has_one_device_cookie(visitor: Visitor, app: Application) -> None:
    """Of a bounded size, however often its user logs in; and it leaves no row behind."""
    await visitor.register()
    cookies = []
    for _ in range(5):
        cookies.append((await visitor.login()).cookies["device"].value)
        await visitor.logout()
    assert {len(cookie) < 200 for cookie in cookies} == {True}
    assert [name.name for name in visitor.client.cookie_jar or () if name.name == "device"] == ["device"]
    assert await attempts(app) == []


async def test_messages_do_not_pile_up(visitor: Visitor) -> None:
    """Messages that no page has shown are in the session cookie, whose size is bounded, and the newest stay."""
    token = (await visitor.get("/login")).token
    sizes = []
    for number in range(100):
        done = await visitor.post("/login", {"csrf_token": token, "username": f"nobody{number}", "password": PASSWORD})
        assert done.status == 302
        sizes.append(len(done.cookies["session_data"].value))
    assert sizes[0] < sizes[1] < max(sizes) < 3800
