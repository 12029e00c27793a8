"""Hosts whose clocks differ, and expired logins."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from quart_app.application import Application
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.program import with_token
from tests.app.visitor import Visitor
from tests.checks.hosts import at, host
from tests.checks.tally import Tally

SECOND = timedelta(seconds=1)
LIMITS = {
    "session_idle": timedelta(hours=1),
    "session_absolute": timedelta(hours=3),
    "remember_cookie_duration": timedelta(days=2),
    "bearer_duration": timedelta(minutes=50),
}
COOKIES = {"session": ["session"], "remember": ["remember_token"], "both": ["session", "remember_token"]}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Limits that differ from each other."""
    return settings.model_copy(update=LIMITS)


@pytest.mark.check(15)
async def test_clocks_differ(settings: Settings, clock: Clock, tally: Tally) -> None:
    """A host whose clock differs by a minute accepts all logins; one that is further behind destroys none."""
    async with host(settings) as one, host(settings) as other:
        visitor = Visitor(one)
        await visitor.register()
        await visitor.login(remember=True)
        copies = {name: visitor.copy(*names) for name, names in COOKIES.items()}
        for seconds in (-59, -30, -1, 0, 1, 59):
            for name, copy in copies.items():
                clock.shift(timedelta(seconds=seconds))
                there = at(other, copy)
                tally.count(await there.is_in(), f"{name} at {seconds} s")
                clock.shift(timedelta(seconds=-seconds))
                tally.count(await at(one, there).is_in(), f"{name} back from {seconds} s")
        for name, copy in copies.items():
            clock.shift(timedelta(seconds=-62))
            there = at(other, copy)
            for path in ("/index", "/login", "/account", "/index"):
                page = await there.get(path)
                is_nobody = page.status == (200 if path == "/login" else 302)
                spoilt = set(page.cookies) & set(COOKIES[name])
                tally.count(is_nobody and not spoilt, f"{name} at -62 s: {path} {page.status} {page.cookies}")
            clock.shift(timedelta(seconds=62))
            tally.count(await at(one, there).is_in(), f"{name} back from -62 s")


@pytest.mark.check(15)
async def test_logging_in_where_the_clock_is_behind(settings: Settings, clock: Clock, tally: Tally) -> None:
    """A new login at a host whose clock is behind is valid there."""
    async with host(settings) as one, host(settings) as other:
        visitor = Visitor(one)
        await visitor.register()
        await visitor.login()
        clock.shift(timedelta(seconds=-90))
        there = at(other, visitor)
        credentials = {"username": "susan@example.com", "password": "correct horse battery", "kind": "session"}
        answer = await there.client.post("/api/v1/sessions", json=credentials)
        tally.count(answer.status_code == 201 and await there.is_in(), answer.status_code)


@pytest.mark.check(17)
@pytest.mark.parametrize("late", [-SECOND, SECOND])
@pytest.mark.parametrize("limit", LIMITS)
async def test_logins_end_on_the_server(
    app: Application, clock: Clock, tally: Tally, limit: str, late: timedelta
) -> None:
    """A login of each kind is accepted a second before it expires and refused a second after."""
    visitor = Visitor(app)
    await visitor.register()
    await visitor.login(remember=limit == "remember_cookie_duration")
    program = await with_token(app)
    left = LIMITS[limit]
    while limit == "session_absolute" and left > LIMITS["session_idle"]:
        clock.shift(LIMITS["session_idle"] - SECOND)
        left -= LIMITS["session_idle"] - SECOND
        assert await visitor.is_in()
        await asyncio.gather(*app.background_tasks)
    clock.shift(left + late)
    copy = visitor.copy("remember_token" if limit == "remember_cookie_duration" else "session")
    is_in = await (program if limit == "bearer_duration" else copy).is_in()
    tally.count(is_in is (late < timedelta(0)), f"{limit} {late}: {is_in}")
    await asyncio.gather(*app.background_tasks)
