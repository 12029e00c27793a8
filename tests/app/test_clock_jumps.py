"""A clock that was ahead for a while and has been corrected."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quart_app.application import Application
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.logged_in import add_new_user
from tests.app.visitor import Visitor

JUMPS = [timedelta(minutes=2), timedelta(days=3), timedelta(days=40), timedelta(days=4000)]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With fewer attempts to use up."""
    return settings.model_copy(update={"login_attempts": 3})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_logins_survive_a_clock_jump(app: Application, clock: Clock, jump: timedelta) -> None:
    """No request fails; afterwards remembered users are logged in, and all others can log in."""
    await add_new_user(app)
    people = {name: Visitor(app) for name in ("by session", "remembered", "idle", "stranger", "turned away")}
    await people["by session"].login()
    await people["remembered"].login(remember=True)
    await people["idle"].login()

    clock.shift(jump)
    for name in ("by session", "remembered", "stranger"):
        for path in ("/index", "/login", "/account"):
            assert (await people[name].get(path)).status in (200, 302)
    assert (await people["turned away"].get("/index")).status == 302  # with a message, and no form
    clock.shift(-jump)

    assert await people["remembered"].is_in()
    assert await people["idle"].is_in()
    for name in ("by session", "stranger", "turned away"):
        if not await people[name].is_in():
            assert (await people[name].login()).location == "/index", name
        assert await people[name].is_in()


@pytest.mark.parametrize("jump", JUMPS[1:], ids=str)
async def test_attempts_in_the_future_do_not_throttle(
    app: Application, settings: Settings, clock: Clock, jump: timedelta
) -> None:
    """Failed attempts with a time in the future do not throttle; those of the present do."""
    await add_new_user(app)
    for moved in (jump, timedelta(0)):
        clock.shift(moved)
        for _ in range(settings.login_attempts):
            await Visitor(app).login(password="not the password")
        assert (await Visitor(app).login()).status == 429
        clock.shift(-moved)
        if moved:
            assert (await Visitor(app).login()).location == "/index"
