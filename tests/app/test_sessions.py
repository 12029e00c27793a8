"""Login sessions: what ends them, and with them all copies of their cookies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from unittest import mock
from uuid import uuid4

import pytest
from sqlalchemy import text

from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.login import start_login
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.sessions.lookup import find_user
from tests.app.deletion import delete_user
from tests.app.logged_in import log_in_as_new_user
from tests.app.login_rows import another, rows
from tests.app.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

PROTECTED = ("/index", "/account", "/account/password", "/account/email", "/account/delete", "/reauthenticate")


async def test_copied_cookies_are_refused_after_a_logout(user: Visitor) -> None:
    """After a logout copies of session and remember cookie are refused on every page."""
    copies = [user.copy("session"), user.copy("remember_token"), user.copy()]
    for thief in copies:
        assert await thief.is_in()
    thieves = [user.copy("session"), user.copy("remember_token"), user.copy(), *copies]

    await user.logout()

    for thief in thieves:
        for path in PROTECTED:
            page = await thief.get(path)
            assert (page.status, page.location.partition("?")[0]) == (302, "/login")


async def test_logging_out_here_leaves_others_alone(user: Visitor, app: Application) -> None:
    """A logout ends only this login, and deletes its row."""
    other = await another(app)
    await user.logout()
    assert await other.is_in()
    assert len(await rows(app)) == 1


async def test_a_session_that_was_there_before_ends_with_a_login(app: Application, visitor: Visitor) -> None:
    """A new login ends the login that the browser had before."""
    await log_in_as_new_user(visitor, remember=False)
    before = visitor.copy()

    async def log_in_again() -> str:
        user = await user_by_login("susan")
        assert user is not None
        assert await start_login(user, remember=False)
        return "in"

    app.view_functions["accounts.login"] = log_in_again
    await visitor.get("/login")
    assert await visitor.is_in()
    assert not await before.is_in()


async def test_one_other_login_is_ended(user: Visitor, app: Application) -> None:
    """The button beside a login ends that login."""
    first, second = await another(app, remember=True), await another(app)
    target = (await rows(app))[1].public_id
    done = await user.post(f"/account/sessions/{target}/end", {"csrf_token": (await user.get("/account")).token})
    assert done.location == "/account"
    assert (await user.get("/account")).flashes == ["That login has been ended."]
    assert [await who.is_in() for who in (user, first, second)] == [True, False, True]
    first.forget("session")
    assert not await first.is_in()


async def test_all_other_logins_are_ended(user: Visitor, app: Application) -> None:
    """The button ends all other logins of the user, and none of other users."""
    others = [await another(app) for _ in range(5)]
    remembered = [(await another(app, remember=True)).copy("remember_token") for _ in range(2)]
    bob = Visitor(app)
    await bob.register("bob", email="bob@example.com")
    await bob.login("bob")

    await user.post("/account/sessions/end-others", {"csrf_token": (await user.get("/account")).token})

    assert (await user.get("/account")).flashes == ["All other logins have been ended."]
    assert not any([await visitor.is_in() for visitor in (*others, *remembered)])
    assert await bob.is_in()
    await user.post("/account/sessions/end-others", {"csrf_token": (await user.get("/account")).token})
    assert (await user.get("/account")).flashes == ["There was no other login."]


async def test_the_buttons_work_without_a_referrer(user: Visitor, app: Application) -> None:
    """The buttons work over https, even if the browser sends no ``Referer``."""
    other = await another(app)
    token = (await user.get("/account")).token
    done = await user.client.post("/account/sessions/end-others", form={"csrf_token": token}, scheme="https")
    assert done.status_code == 302
    assert not await other.is_in()


async def test_ending_this_login_is_logging_out(user: Visitor, app: Application) -> None:
    """Ending the current login by its button logs out and deletes the cookies."""
    (row,) = await rows(app)
    done = await user.post(f"/account/sessions/{row.public_id}/end", {"csrf_token": (await user.get("/account")).token})
    assert done.location == "/index"
    assert done.cookies["remember_token"].value == ""
    assert not await user.is_in()


async def test_a_login_of_another_user_cannot_be_ended(user: Visitor, app: Application) -> None:
    """To bob susan's login does not exist; visitors are redirected to log in."""
    (row,) = await rows(app)
    bob = Visitor(app)
    await bob.register("bob", email="bob@example.com")
    await bob.login("bob")
    token = (await bob.get("/account")).token
    for target in (row.public_id, row.id, uuid4()):
        assert (await bob.post(f"/account/sessions/{target}/end", {"csrf_token": token})).status == 404
    await bob.post("/account/sessions/end-others", {"csrf_token": token})
    stranger = Visitor(app)
    token = (await stranger.get("/login")).token
    for path in (f"/account/sessions/{row.public_id}/end", "/account/sessions/end-others"):
        refused = await stranger.post(path, {"csrf_token": token})
        assert refused.location.startswith("/login?")
        assert (await bob.get(path)).status == 405
    assert await user.is_in()


@pytest.mark.parametrize("end", [deactivate_user, delete_user])
async def test_logins_end_with_the_account(
    user: Visitor, app: Application, end: Callable[[int], Awaitable[None]]
) -> None:
    """Closing or deleting an account ends its logins, which stay ended when it is reopened."""
    remembered = user.copy("remember_token")
    async with app.app_context():
        await end(1)
        assert await rows(app) == []
        async with current_database.of(app).session() as session:
            await session.execute(text("UPDATE users SET active = true"))
            await session.commit()
    assert not await user.is_in()
    assert not await remembered.is_in()


async def test_handles_of_closed_accounts_are_invalid(user: Visitor, app: Application) -> None:
    """An account that is closed in the database itself has no user, although its rows are still there."""
    async with user.client.session_transaction() as session:
        handle = session["_user_id"]
    async with app.app_context():
        assert await find_user(handle) is not None
        async with current_database.of(app).session() as database:
            await database.execute(text("UPDATE users SET active = false"))
            await database.commit()
        assert await find_user(handle) is None


async def test_a_new_user_with_an_old_number(user: Visitor, app: Application) -> None:
    """If an id is given to a new user, old cookies do not log in as that user."""
    await Visitor(app).register("mallory", email="mallory@example.com")
    async with app.app_context(), current_database.of(app).session() as session:
        await delete_user(1)
        await session.execute(text("DELETE FROM outgoing_mails"))  # which refers to her
        await session.execute(text("UPDATE users SET id = 1"))
        await session.commit()
    assert not await user.is_in()
    assert not await user.copy("remember_token").is_in()


@pytest.mark.parametrize("lost", [None, "session"])
async def test_a_fault_ends_no_login(
    user: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch, lost: str | None
) -> None:
    """While the database is down the account page is 503, and afterwards all logins are valid."""
    other = await another(app)
    if lost:
        user.forget(lost)
    with monkeypatch.context() as patch:
        patch.setattr(
            "quart_app.database.connection_limiter.ConnectionLimiter.__aenter__",
            mock.Mock(side_effect=OSError("connection refused")),
        )
        for visitor in (user, other):
            page = await visitor.get("/account")
            assert (page.status, page.cookies, page.headers["Retry-After"]) == (503, {}, "1")
    assert await user.is_in()
    assert await other.is_in()
