"""A changed password ends the other login sessions."""

from __future__ import annotations

import asyncio
from typing import NoReturn
from unittest import mock

import pytest
from sqlalchemy import func, select

from compat import load_user as load_current_user
from quart_app.accounts.authentication import authenticate
from quart_app.accounts.changes import change_password
from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.login import start_login
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.sessions.ending import end_sessions
from tests.app.deletion import delete_user
from tests.app.logged_in import log_in_as_new_user
from tests.app.login_rows import another, rows
from tests.app.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made


async def change(visitor: Visitor, password: str = "another fine password") -> None:
    """Change susan's password in this browser."""
    done = await visitor.submit("/account/password", current_password=PASSWORD, password=password, password2=password)
    assert (done.status, done.location) == (302, "/account")


async def test_a_changed_password_ends_all_other_logins(user: Visitor, app: Application) -> None:
    """A changed password ends all other logins; this one goes on with a new handle, still remembered."""
    others = [await another(app), await another(app), await another(app)]
    remembered = (await another(app, remember=True)).copy("remember_token")
    copies = [user.copy("session"), user.copy("remember_token")]

    await change(user)

    assert await user.is_in()
    for visitor in [*others, remembered, *copies]:
        assert not await visitor.is_in()
    assert len(await rows(app)) == 1
    user.forget("session")
    assert await user.is_in()


async def test_a_changed_password_adds_no_remember_cookie(app: Application, visitor: Visitor) -> None:
    """A login that was not remembered has no remember cookie after the change."""
    await log_in_as_new_user(visitor, remember=False)
    await change(visitor)
    assert await visitor.is_in()
    visitor.forget("session")
    assert not await visitor.is_in()


async def test_a_login_that_was_under_way_when_the_password_changed(user: Visitor, app: Application) -> None:
    """A login whose old password was verified before the change, and which ends after it, is refused."""
    async with app.test_request_context("/login"):
        await load_current_user()
        late = await authenticate("susan", PASSWORD)
        assert late is not None
        await change(user)
        assert not await start_login(late, remember=True)
    assert len(await rows(app)) == 1


async def test_a_login_to_an_account_that_has_just_gone(app: Application, visitor: Visitor) -> None:
    """A login to an account that is closed or deleted during the verification is refused."""
    await visitor.register()
    for end in (deactivate_user, delete_user):
        async with app.test_request_context("/login"):
            await load_current_user()
            late = await user_by_login("susan")
            assert late is not None
            await end(late.id)
            late.is_active = True
            assert not await start_login(late, remember=False)
    assert await rows(app) == []


async def test_many_logins_at_once(visitor: Visitor, app: Application) -> None:
    """Concurrent logins of one user all succeed."""
    await visitor.register()
    visitors = [Visitor(app) for _ in range(20)]
    await asyncio.gather(*(visitor.login() for visitor in visitors))
    assert all([await visitor.is_in() for visitor in visitors])


@pytest.mark.parametrize("path", ["/account/password", "/reauthenticate"])
async def test_only_a_login_that_is_one_is_renewed(user: Visitor, app: Application, path: str) -> None:
    """If a login ends while its password is checked, nothing changes, and the page says so: log in again.

    Its cookies are left alone: another tab may have renewed them.
    """
    user.forget("session")
    if path == "/account/password":
        await user.submit("/reauthenticate", current_password=PASSWORD)
    token = (await user.get(path)).token

    async def right_but_late(_user: object, _password: str) -> bool:
        async with app.app_context():
            await end_sessions(1)
        return True

    fields = {"current_password": PASSWORD, "password": "another fine one", "password2": "another fine one"}
    with mock.patch("quart_app.accounts.authentication.check_password", right_but_late):
        done = await user.post(path, {"csrf_token": token, **fields})
    assert (done.status, done.location) == (302, "/login")
    assert set(done.cookies) == {"session_data"}
    assert (await user.get("/login")).flashes == [
        "This login has been ended. Nothing was changed; please log in again."
    ]
    assert (await user.login()).location == "/index"


async def test_a_change_of_password_is_all_or_nothing(
    user: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the change cannot be written, password and logins are unchanged."""
    other = await another(app)
    token = (await user.get("/account/password")).token

    async def fail(*_: object) -> NoReturn:
        raise OSError("disk full")

    fields = {"current_password": PASSWORD, "password": "another fine one", "password2": "another fine one"}
    with monkeypatch.context() as patch:
        patch.setattr("quart_app.accounts.changes.renew_session_in", fail)
        page = await user.post("/account/password", {"csrf_token": token, **fields})
    assert (page.status, page.cookies) == (503, {})
    assert await user.is_in()
    assert await other.is_in()
    assert (await Visitor(app).login()).location == "/index"


async def test_passwords_of_users_who_are_not_logged_in(user: Visitor, app: Application) -> None:
    """A password that an operator changes ends all logins of the user."""
    async with app.app_context():
        susan = await user_by_login("susan")
        assert susan is not None
        await change_password(susan, "another fine one")
        async with current_database.of(app).session() as session:
            assert await session.scalar(select(func.count()).select_from(LoginSession)) == 0
    assert not await user.is_in()
    assert (await user.login(password="another fine one")).location == "/index"
