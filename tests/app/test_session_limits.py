"""How long login sessions live, unused, used and remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quart_app.application import Application
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.logged_in import log_in_as_new_user
from tests.app.login_rows import another, rows, settle
from tests.app.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

SECOND = timedelta(seconds=1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Limits that differ from each other."""
    return settings.model_copy(
        update={
            "session_idle": timedelta(hours=1),
            "session_absolute": timedelta(hours=3),
            "remember_cookie_duration": timedelta(days=2),
        }
    )


@pytest.mark.parametrize(("late", "is_in"), [(-SECOND, True), (SECOND, False)])
async def test_unused_logins_end(
    visitor: Visitor, app: Application, clock: Clock, late: timedelta, is_in: bool
) -> None:
    """A login that was unused for SESSION_IDLE has expired."""
    await log_in_as_new_user(visitor, remember=False)
    clock.shift(timedelta(hours=1) + late)
    assert await visitor.is_in() is is_in
    await settle(app)


@pytest.mark.parametrize(("late", "is_in"), [(-SECOND, True), (SECOND, False)])
async def test_used_logins_end(visitor: Visitor, app: Application, clock: Clock, late: timedelta, is_in: bool) -> None:
    """A login expires SESSION_ABSOLUTE after the password was entered, even if it is used."""
    await log_in_as_new_user(visitor, remember=False)
    for _ in range(3):
        clock.shift(timedelta(hours=1) - SECOND)
        assert await visitor.is_in()
        await settle(app)
    clock.shift(3 * SECOND + late)
    assert await visitor.is_in() is is_in
    await settle(app)


@pytest.mark.parametrize("cookie", ["session", "remember_token"])
@pytest.mark.parametrize(("late", "is_in"), [(-SECOND, True), (SECOND, False)])
async def test_being_remembered_ends(
    user: Visitor, app: Application, clock: Clock, cookie: str, late: timedelta, is_in: bool
) -> None:
    """A remembered login expires with its cookie, and so does its session cookie."""
    copied = user.copy(cookie)
    clock.shift(timedelta(days=2) + late)
    assert await copied.is_in() is is_in
    await settle(app)


async def test_entering_the_password_again_starts_the_time_anew(
    visitor: Visitor, app: Application, clock: Clock
) -> None:
    """After a confirmed password the absolute limit begins again."""
    await log_in_as_new_user(visitor, remember=False)
    clock.shift(timedelta(minutes=50))
    await visitor.submit("/account/password", current_password=PASSWORD, password=PASSWORD, password2=PASSWORD)
    for _ in range(3):
        clock.shift(timedelta(minutes=59))
        assert await visitor.is_in()
        await settle(app)


async def test_old_logins_are_cleared_away(visitor: Visitor, app: Application, clock: Clock) -> None:
    """Expired logins are not listed, and are removed at the user's next login; visitors leave no rows."""
    await visitor.register()
    await another(app)
    clock.shift(timedelta(minutes=50))
    remembered = await another(app, remember=True)
    clock.shift(timedelta(minutes=11))
    assert (await remembered.get("/account")).text.count('class="login"') == 1
    await settle(app)
    assert len(await rows(app)) == 2
    await another(app)
    assert len(await rows(app)) == 2
    for path in ("/", "/login", "/register"):
        await Visitor(app).get(path)
    assert len(await rows(app)) == 2
