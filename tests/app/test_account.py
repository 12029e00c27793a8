"""The pages of one's own account, and the wall before those that change it."""

from __future__ import annotations

import asyncio
import re
from unittest import mock

import pytest

from quart_app.accounts.passwords import check_password
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from tests.app.visitor import PASSWORD, Page, Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

NEW = "another fine password"
WALLED = ("/account/password", "/account/email", "/account/delete")
CHANGES = {
    "/account/password": {"password": NEW, "password2": NEW},
    "/account/email": {"email": "susan@elsewhere.example"},
    "/account/delete": {},
}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def stale(user: Visitor) -> Visitor:
    """Susan after her browser was closed: the remember cookie has brought her back."""
    user.forget("session")
    assert await user.is_in()
    return user


# --- the overview


async def test_account_page(user: Visitor, app: Application) -> None:
    """Who one is and since when, every login with where, since when and last seen, and this one marked as such."""
    firefox = Visitor(app, FIREFOX)
    await firefox.login()

    page = await user.get("/account")

    assert "<title>Account - Microblog</title>" in page.text
    assert re.findall(r"<dd>([^<]*)</dd>", page.text)[:2] == ["susan", "susan@example.com"]
    this, other = page.text.split('class="login"')[1:]
    assert "This one" in this
    assert "/end" not in this
    assert "Remembered" in this
    for text in ("Firefox on Linux", 'action="/account/sessions/2/end"', "Log out", "15 Jan 2027, 08:00"):
        assert text in other
    for text in ("This one", "Remembered"):
        assert text not in other
    assert "Log out everywhere else" in page.text
    for path in WALLED:
        assert f'href="{path}"' in page.text


async def test_the_only_login(user: Visitor) -> None:
    """Where nothing can be ended there is no button for it."""
    page = await user.get("/account")
    assert "You are logged in nowhere else." in page.text
    assert "Log out everywhere else" not in page.text


async def test_navigation(user: Visitor, app: Application) -> None:
    """Users find their account in it; strangers are sent to log in first."""
    assert '<a href="/account">Account</a>' in (await user.get("/index")).text
    assert '<a href="/account" aria-current="page">Account</a>' in (await user.get("/account")).text
    stranger = Visitor(app)
    assert "/account" not in (await stranger.get("/login")).text
    assert (await stranger.get("/account")).location == "/login?next=%2Faccount"


async def test_what_others_send_is_text(app: Application, visitor: Visitor) -> None:
    """A name made of markup is shown, not obeyed."""
    await visitor.register("<b>susan</b>")
    await visitor.login("<b>susan</b>")
    for path in ("/account", "/reauthenticate", *WALLED):
        assert "<b>susan" not in (await visitor.get(path)).text


# --- the wall


@pytest.mark.parametrize("path", WALLED)
async def test_remembered_users_enter_their_password_first(stale: Visitor, path: str) -> None:
    """Neither the page nor its form works for who was brought back by a cookie; afterwards one is where one was."""
    token = (await stale.get("/account")).token
    fields = {**CHANGES[path], "csrf_token": token, "current_password": PASSWORD}
    for refused in (await stale.get(path), await stale.post(path, fields)):
        assert refused.location == f"/reauthenticate?next={path.replace('/', '%2F')}"
    assert (await stale.get("/reauthenticate")).flashes == ["Please confirm that it is you to access this page."] * 2

    done = await stale.submit(refused.location, current_password=PASSWORD)
    assert (done.status, done.location) == (302, path)
    page = await stale.get(path)
    assert page.status == 200
    assert page.flashes == []


async def test_what_is_behind_the_wall_has_not_happened(stale: Visitor, app: Application) -> None:
    """A refused form has changed nothing."""
    token = (await stale.get("/account")).token
    for path in WALLED:
        await stale.post(path, {**CHANGES[path], "csrf_token": token, "current_password": PASSWORD})
    async with app.app_context():
        susan = await user_by_login("susan")
        assert susan is not None
        assert susan.email == "susan@example.com"
        assert await check_password(susan, PASSWORD)


async def test_strangers_log_in_first(visitor: Visitor) -> None:
    """Who is nobody is sent to the login page, not to confirm being somebody."""
    for path in ("/account", "/reauthenticate", *WALLED):
        assert (await visitor.get(path)).location.startswith("/login?next=")


async def test_the_password_of_somebody_else(stale: Visitor, app: Application) -> None:
    """Only the user's own password confirms who one is, whoever else's is right; all else stays as it was."""
    await Visitor(app).register("mallory", email="mallory@example.com", password=NEW, password2=NEW)
    token = (await stale.get("/reauthenticate")).token
    for fields in (
        {"current_password": NEW},
        {"current_password": NEW, "username": "mallory"},
        {"current_password": PASSWORD + " "},
    ):
        page = await stale.post("/reauthenticate?next=/account/email", {"csrf_token": token, **fields})
        assert (page.status, page.errors) == (200, ["This is not your password."])
        assert 'action="/reauthenticate?next=/account/email"' in page.text
    assert (await stale.get("/account/email")).status == 302
    assert await stale.is_in()


async def test_confirming_gives_new_cookies(stale: Visitor) -> None:
    """The old session and remember cookie, and the old CSRF token, are void; the new ones remember as before."""
    copies = [stale.copy("session"), stale.copy("remember_token")]
    token = (await stale.get("/reauthenticate")).token
    done = await stale.post("/reauthenticate", {"csrf_token": token, "current_password": PASSWORD})
    assert done.location == "/account"
    assert done.cookies["remember_token"].value
    for thief in copies:
        assert not await thief.is_in()
    assert (await stale.post("/logout", {"csrf_token": token})).status == 403
    stale.forget("session")
    assert await stale.is_in()


async def test_a_double_click_is_no_logout(stale: Visitor) -> None:
    """Of two that confirm at once, as a double click does, neither ends the login for the other."""
    token = (await stale.get("/reauthenticate")).token
    together = asyncio.Barrier(2)

    async def wait_for_the_other(_user: object, _password: str) -> bool:
        await together.wait()
        return True

    with mock.patch("quart_app.accounts.authentication.check_password", wait_for_the_other):
        fields = {"csrf_token": token, "current_password": PASSWORD}
        pages = await asyncio.gather(*(stale.post("/reauthenticate", fields) for _ in range(2)))
    assert [page.location for page in pages] == ["/account", "/account"]


async def test_who_has_confirmed_need_not_again(user: Visitor) -> None:
    """A fresh login is led on at once, to pages of ours only."""
    assert (await user.get("/reauthenticate?next=/account/email")).location == "/account/email"
    assert (await user.get("/reauthenticate?next=//evil.test")).location == "/account"
    assert (await user.get("/reauthenticate")).location == "/account"


async def test_confirming_leaves_the_site_for_nobody(stale: Visitor) -> None:
    """Whatever else stands in ``next`` leads to the account."""
    done = await stale.submit("/reauthenticate?next=//evil.test", current_password=PASSWORD)
    assert done.location == "/account"


# --- the changes


async def submit(user: Visitor, path: str, **fields: str) -> Page:
    """Send a form of the account with all it needs, but for these fields."""
    return await user.submit(path, **{"current_password": PASSWORD, **CHANGES[path], **fields})


async def test_change_password(user: Visitor) -> None:
    """The new password is the one from then on, and a message says what else has happened."""
    done = await submit(user, "/account/password")
    assert (done.status, done.location) == (302, "/account")
    assert (await user.get("/account")).flashes == ["Your password has been changed. All other logins have been ended."]
    await user.logout()
    assert (await user.login()).location == "/login"
    assert (await user.login(password=NEW)).location == "/index"


@pytest.mark.parametrize("path", WALLED)
@pytest.mark.parametrize(
    ("entered", "error"), [("", "This field is required."), ("not it at all", "This is not your password.")]
)
async def test_each_change_needs_the_current_password(user: Visitor, path: str, entered: str, error: str) -> None:
    """Also from a fresh login: who finds a screen unlocked changes nothing."""
    page = await submit(user, path, current_password=entered)
    assert (page.status, page.errors) == (200, [error])
    assert entered == "" or entered not in page.text
    await user.logout()
    assert (await user.login("susan@example.com")).location == "/index"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"password": "short", "password2": "short"}, ["Use at least 15 characters."]),
        ({"password2": "something else"}, ["Field must be equal to password."]),
    ],
)
async def test_passwords_that_will_not_do(user: Visitor, fields: dict[str, str], errors: list[str]) -> None:
    """The rules are those of registration."""
    assert (await submit(user, "/account/password", **fields)).errors == errors


async def test_change_email(user: Visitor) -> None:
    """The new address logs in, the old one does not, and this login goes on."""
    done = await submit(user, "/account/email", email="Susan@Elsewhere.example")
    assert (done.status, done.location) == (302, "/account")
    page = await user.get("/account")
    assert page.flashes == ["Your email address has been changed."]
    assert "Susan@Elsewhere.example" in page.text
    await user.logout()
    assert (await user.login("susan@example.com")).location == "/login"
    assert (await user.login("susan@elsewhere.EXAMPLE")).location == "/index"


async def test_the_own_address_in_another_case(user: Visitor) -> None:
    """One's own address is not taken by somebody else."""
    assert (await submit(user, "/account/email", email="SUSAN@example.com")).location == "/account"


async def test_the_address_of_somebody_else(user: Visitor, app: Application) -> None:
    """An address belongs to one account, whatever its case."""
    await Visitor(app).register("bob", email="bob@example.com")
    page = await submit(user, "/account/email", email="BOB@example.com")
    assert (page.status, page.errors) == (200, ["Please use a different email address."])
    assert (await submit(user, "/account/email", email="bob")).errors == ["Invalid email address."]


async def test_delete_account(user: Visitor, app: Application) -> None:
    """The account is gone, every login with it, and the name is free."""
    other = Visitor(app)
    await other.login()
    done = await submit(user, "/account/delete")
    assert (done.status, done.location) == (302, "/login")
    assert done.cookies["remember_token"].value == ""
    assert (await user.get("/login")).flashes == ["Your account has been deleted. Goodbye!"]
    assert not await user.is_in()
    assert not await other.is_in()
    assert (await user.login()).location == "/login"
    await user.get("/login")
    assert (await user.register()).location == "/login"


# --- which user a name at login means


async def test_nobody_takes_an_address_for_a_name(visitor: Visitor, app: Application) -> None:
    """Where a name of before looks like another's address, the address wins; and the name is still somebody's."""
    await visitor.register()
    await visitor.register("mallory", email="mallory@example.com")
    async with app.app_context(), current_database.of(app).session() as session:
        mallory = await user_by_login("mallory")
        assert mallory is not None
        mallory.username_key = "susan@example.com"
        await session.merge(mallory)
        await session.commit()
    async with app.app_context():
        found = await user_by_login("susan@example.com")
        assert found is not None
        assert found.username == "susan"
        found = await user_by_login("Mallory@example.com")
        assert found == mallory
        assert await user_by_login("nobody") is None
