"""The account pages, and the password confirmation in front of those that change something."""

from __future__ import annotations

import asyncio
import re
from unittest import mock

import pytest

from quart_app.accounts.passwords import check_password
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from tests.app.many_logins import public_ids
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
    """Susan after closing her browser: only the remember cookie is left."""
    user.forget("session")
    assert await user.is_in()
    return user


# --- the overview


async def test_account_page(user: Visitor, app: Application) -> None:
    """The page shows the user, and every login with client, address and times; it marks the current one."""
    firefox = Visitor(app, FIREFOX)
    await firefox.login()

    page = await user.get("/account")

    assert "<title>Account - Microblog</title>" in page.text
    assert re.findall(r"<dd>([^<]*)</dd>", page.text)[:2] == ["susan", "susan@example.com"]
    this, other = page.text.split('class="login"')[1:]
    assert "This one" in this
    assert "/end" not in this
    assert "Remembered" in this
    other_id = (await public_ids(app))[1]
    for text in ("Firefox on Linux", f'action="/account/sessions/{other_id}/end"', "Log out", "15 Jan 2027, 08:00"):
        assert text in other
    for text in ("This one", "Remembered"):
        assert text not in other
    assert "Log out everywhere else" in page.text
    for path in WALLED:
        assert f'href="{path}"' in page.text


async def test_the_only_login(user: Visitor) -> None:
    """If there is no other login to end, the page has no button for it."""
    page = await user.get("/account")
    assert "You are logged in nowhere else." in page.text
    assert "Log out everywhere else" not in page.text


async def test_navigation(user: Visitor, app: Application) -> None:
    """Users have a link to the account in the navigation; visitors are redirected to the login page."""
    assert '<a href="/account">Account</a>' in (await user.get("/index")).text
    assert '<a href="/account" aria-current="page">Account</a>' in (await user.get("/account")).text
    stranger = Visitor(app)
    assert "/account" not in (await stranger.get("/login")).text
    assert (await stranger.get("/account")).location == "/login?next=%2Faccount"


async def test_markup_in_names_is_escaped(app: Application, visitor: Visitor) -> None:
    """A username that contains markup is escaped."""
    await visitor.register("<b>susan</b>")
    await visitor.login("<b>susan</b>")
    for path in ("/account", "/reauthenticate", *WALLED):
        assert "<b>susan" not in (await visitor.get(path)).text


# --- the wall


@pytest.mark.parametrize("path", WALLED)
async def test_remembered_users_enter_their_password_first(stale: Visitor, path: str) -> None:
    """A remembered user must confirm the password before page or form, and then returns to the page."""
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


async def test_a_refused_form_changes_nothing(stale: Visitor, app: Application) -> None:
    """A form that was refused until the password is confirmed has changed nothing."""
    token = (await stale.get("/account")).token
    for path in WALLED:
        await stale.post(path, {**CHANGES[path], "csrf_token": token, "current_password": PASSWORD})
    async with app.app_context():
        susan = await user_by_login("susan")
        assert susan is not None
        assert susan.email == "susan@example.com"
        assert await check_password(susan, PASSWORD)


async def test_strangers_log_in_first(visitor: Visitor) -> None:
    """A visitor is redirected to the login page, not to the confirmation."""
    for path in ("/account", "/reauthenticate", *WALLED):
        assert (await visitor.get(path)).location.startswith("/login?next=")


async def test_the_password_of_another_user(stale: Visitor, app: Application) -> None:
    """Only the user's own password confirms; another user's changes nothing."""
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
    """A confirmation replaces session cookie, remember cookie and CSRF token; the old ones are invalid."""
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
    """Two confirmations at the same time, as by a double click, both succeed and end no login."""
    token = (await stale.get("/reauthenticate")).token
    together = asyncio.Barrier(2)

    async def wait_for_the_other(_user: object, _password: str) -> bool:
        await together.wait()
        return True

    with mock.patch("quart_app.accounts.authentication.check_password", wait_for_the_other):
        fields = {"csrf_token": token, "current_password": PASSWORD}
        pages = await asyncio.gather(*(stale.post("/reauthenticate", fields) for _ in range(2)))
    assert [page.location for page in pages] == ["/account", "/account"]


async def test_a_fresh_login_needs_no_confirmation(user: Visitor) -> None:
    """A fresh login is redirected at once, to pages of this site only."""
    assert (await user.get("/reauthenticate?next=/account/email")).location == "/account/email"
    assert (await user.get("/reauthenticate?next=//evil.test")).location == "/account"
    assert (await user.get("/reauthenticate")).location == "/account"


async def test_confirming_never_leaves_the_site(stale: Visitor) -> None:
    """A ``next`` that is not a page of this site leads to the account."""
    done = await stale.submit("/reauthenticate?next=//evil.test", current_password=PASSWORD)
    assert done.location == "/account"


# --- the changes


async def submit(user: Visitor, path: str, **fields: str) -> Page:
    """Send a form of the account page, valid but for these fields."""
    return await user.submit(path, **{"current_password": PASSWORD, **CHANGES[path], **fields})


async def test_change_password(user: Visitor) -> None:
    """After the change the new password logs in, the old one does not, and a message says which logins ended."""
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
    """Every change needs the current password, even with a fresh login."""
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
async def test_unacceptable_passwords(user: Visitor, fields: dict[str, str], errors: list[str]) -> None:
    """A new password has to follow the rules of registration."""
    assert (await submit(user, "/account/password", **fields)).errors == errors


async def test_change_email(user: Visitor) -> None:
    """The form sends a link to the new address, and changes nothing before that is used (test_email_confirmation)."""
    done = await submit(user, "/account/email", email="Susan@Elsewhere.example")
    assert (done.status, done.location) == (302, "/account")
    await user.logout()
    assert (await user.login("susan@elsewhere.EXAMPLE")).location == "/login"
    assert (await user.login("susan@example.com")).location == "/index"


async def test_the_own_address_in_another_case(user: Visitor) -> None:
    """A user may change the case of their own address."""
    assert (await submit(user, "/account/email", email="SUSAN@example.com")).location == "/account"


async def test_the_address_of_another_user(user: Visitor, app: Application) -> None:
    """Whether another account has an address is not said; what is not an address is refused."""
    await Visitor(app).register("bob", email="bob@example.com")
    assert (await submit(user, "/account/email", email="BOB@example.com")).location == "/account"
    assert (await submit(user, "/account/email", email="bob")).errors == ["Invalid email address."]


async def test_delete_account(user: Visitor, app: Application) -> None:
    """Deleting an account ends all its logins and frees its name."""
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


async def test_an_address_wins_over_an_old_name(visitor: Visitor, app: Application) -> None:
    """If an old username looks like another user's address, that user logs in by it."""
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
