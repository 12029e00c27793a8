"""Two tabs of one browser: a slow answer in one does not undo a login, or a changed password, in the other.

A response that comes later writes its cookies over those of the other tab. Here the requests of one tab are sent with
copies of the browser's cookies and held back, the other tab changes the login, and only then the answers to the held
requests arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from quart import request

from quart_app.application import Application
from tests.app.logged_in import log_in_as_new_user
from tests.app.visitor import PASSWORD, Page, Visitor
from tests.checks.routes import addresses
from tests.checks.tally import Tally

quick = pytest.mark.quick

NEW = "four words of another kind"
NEWER = "and four words of a third"
HELD = {"X-Held": "yes"}


class Hold:
    """Holds back the requests that ask for it, after their user was loaded."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.release_second = asyncio.Event()
        self._held = asyncio.Semaphore(0)

    async def wait(self) -> None:
        """Hold a request until all are released, or all of the second kind."""
        if "X-Held" in request.headers:
            self._held.release()
            await (self.release_second if request.headers["X-Held"] == "second" else self.release).wait()

    async def until_held(self, number: int) -> None:
        """Wait until so many more requests are held."""
        async with asyncio.timeout(30):
            for _ in range(number):
                await self._held.acquire()


@pytest.fixture
def hold(app: Application) -> Hold:
    """Requests with the header ``HELD`` wait until they are released."""
    hold = Hold()
    app.before_request(hold.wait)
    return hold


def deliver(page: Page, browser: Visitor) -> None:
    """Let the answer to another tab arrive in the browser."""
    for name, cookie in page.cookies.items():
        if cookie.value:
            browser.client.set_cookie("localhost", name, cookie.value)
        else:
            browser.forget(name)


async def is_fresh(browser: Visitor) -> bool:
    """Whether the browser is logged in, and its user need not confirm the password."""
    return (await browser.get("/account/password")).status == 200


async def change_password(browser: Visitor) -> None:
    """By the form."""
    fields = {"current_password": PASSWORD, "password": NEW, "password2": NEW}
    assert (await browser.submit("/account/password", **fields)).location == "/account"


async def change_password_by_api(browser: Visitor) -> None:
    """By a script of the page."""
    passwords = {"current_password": PASSWORD, "new_password": NEW}
    assert (await browser.client.put("/api/v1/me/password", json=passwords)).status_code == 204


async def confirm(browser: Visitor) -> None:
    """Enter the password again."""
    await browser.submit("/reauthenticate", current_password=PASSWORD)


async def log_in_again(browser: Visitor) -> None:
    """Over the login that is there."""
    credentials = {"username": "susan", "password": PASSWORD, "kind": "remembered"}
    assert (await browser.client.post("/api/v1/sessions", json=credentials)).status_code == 201


async def log_in(browser: Visitor) -> None:
    """Where nobody is logged in."""
    assert (await browser.login()).location == "/index"


CHANGES = [
    pytest.param(change_password, marks=quick),  # they ask for each page: one of them takes long enough
    change_password_by_api,
    confirm,
    log_in_again,
    log_in,
]


FORMS = ["/account/sessions/end-others", "/account/password", "/account/email", "/account/delete", "/reauthenticate"]
"""The forms of a login that change something; that to log out is accepted even after the handle was renewed."""


async def ready(browser: Visitor, change: Callable[[Visitor], Awaitable[None]]) -> None:
    """Register, and log in for the changes that need a login."""
    await browser.register()
    if change is not log_in:
        await browser.login(remember=True)
    if change is confirm:
        browser.forget("session")
        await browser.get("/account")


@pytest.mark.check(32)
@pytest.mark.parametrize("change", CHANGES)
async def test_a_slow_page_undoes_no_login(
    app: Application, hold: Hold, tally: Tally, change: Callable[[Visitor], Awaitable[None]]
) -> None:
    """Every page and address, whether its user was loaded before the change or after it, leaves the browser in.

    And fresh: a remember cookie alone would log it in, too.
    """
    browser = Visitor(app)
    await ready(browser, change)
    paths = addresses(app)
    early = {path: asyncio.create_task(browser.copy().get(path, HELD)) for path in paths}
    late = {path: browser.copy() for path in paths}
    await hold.until_held(len(paths))

    await change(browser)

    hold.release.set()
    for path, task in early.items():
        deliver(await task, browser)
        tally.count(await is_fresh(browser), f"{path}, requested before")
    for path, tab in late.items():
        deliver(await tab.get(path), browser)
        tally.count(await is_fresh(browser), f"{path}, with the cookies from before")
    assert (await browser.logout()).location == "/index"
    tally.count(not await browser.is_in(), "logging out")


@quick
@pytest.mark.check(32)
async def test_a_slow_button_undoes_no_login(app: Application, hold: Hold, tally: Tally) -> None:
    """A form that was sent before the change, or with the cookies from before, is refused and leaves the browser in."""
    browser = Visitor(app)
    await log_in_as_new_user(browser, remember=False)
    token = (await browser.get("/account")).token
    fields = {"current_password": PASSWORD, "password": NEWER, "password2": NEWER, "email": "other@example.com"}
    sent = {
        path: asyncio.create_task(browser.copy().post(path, {"csrf_token": token, **fields}, HELD)) for path in FORMS
    }
    await hold.until_held(len(sent))
    tabs = {path: browser.copy() for path in ("/account/sessions/end-others", "/account/email", "/logout", "/login")}
    await change_password(browser)
    hold.release.set()
    for path, task in sent.items():
        page = await task
        tally.count((page.status, page.headers.get("Location")) == (302, "/login"), f"{path}: {page.status}")
        deliver(page, browser)
        tally.count(await is_fresh(browser), f"{path}, sent before")
    for path, tab in tabs.items():
        page = await tab.post(path, {"csrf_token": token, "username": "susan", "password": "wrong"})
        tally.count(page.status in (200, 302), f"{path}: {page.status}")
        deliver(page, browser)
        tally.count(await browser.is_in(), path)


@quick
@pytest.mark.check(32)
@pytest.mark.parametrize(("act", "location"), [("confirm", "/account"), ("log in", "/index")])
async def test_two_at_once(app: Application, hold: Hold, tally: Tally, act: str, location: str) -> None:
    """Two tabs that confirm, or log in, at the same time both succeed, whichever answer arrives last."""
    browser = Visitor(app)
    await browser.register()
    path, fields = "/login", {"username": "susan", "password": PASSWORD}
    if act == "confirm":
        await browser.login(remember=True)
        browser.forget("session")
        await browser.get("/account")
        path, fields = "/reauthenticate", {"current_password": PASSWORD}
    token = (await browser.get(path)).token
    tabs = [browser.copy(), browser.copy()]
    sent = [asyncio.create_task(tab.post(path, {"csrf_token": token, **fields}, HELD)) for tab in tabs]
    await hold.until_held(2)
    hold.release.set()
    pages = await asyncio.gather(*sent)
    for page in pages:
        tally.count((page.status, page.location) == (302, location), page.status)
    for order in (pages, reversed(pages)):
        receiver = browser.copy()
        for page in order:
            deliver(page, receiver)
        tally.count(await receiver.is_in(), "the browser")
        tally.count(await is_fresh(receiver), "is fresh")


@quick
@pytest.mark.check(32)
@pytest.mark.parametrize("is_confirmed_first", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_confirmed_while_the_password_is_changed(
    app: Application, hold: Hold, tally: Tally, order: tuple[int, int], is_confirmed_first: bool
) -> None:
    """Of two tabs that confirm and change the password, the second is refused; the browser stays in, whatever comes.

    A password change that comes second would renew the handle again, and what the confirmation is answered, if that
    arrives last, would bring back a void one.
    """
    browser = Visitor(app)
    await log_in_as_new_user(browser, remember=False)
    token = (await browser.get("/account/password")).token
    fields = {"csrf_token": token, "current_password": PASSWORD}
    tabs = [browser.copy(), browser.copy()]
    confirming = asyncio.create_task(tabs[0].post("/reauthenticate", fields, HELD))
    new = {"password": NEW, "password2": NEW}
    changing = asyncio.create_task(tabs[1].post("/account/password", {**fields, **new}, {"X-Held": "second"}))
    await hold.until_held(2)
    in_order = [(hold.release, confirming), (hold.release_second, changing)]
    for release, task in in_order if is_confirmed_first else reversed(in_order):
        release.set()
        await task
    pages = [await confirming, await changing]
    locations = ["/account", "/login"] if is_confirmed_first else ["/login", "/account"]
    for index in order:
        tally.count(pages[index].location == locations[index], pages[index].location)
        deliver(pages[index], browser)
    tally.count(await browser.is_in(), "the browser")
    tally.count(await is_fresh(browser), "is fresh")


@pytest.mark.check(32)
@pytest.mark.parametrize("change", [confirm, pytest.param(change_password, marks=quick), log_in_again])
async def test_a_slow_restored_page_undoes_no_login(
    app: Application, hold: Hold, tally: Tally, change: Callable[[Visitor], Awaitable[None]]
) -> None:
    """Pages that a browser reloads when it starts, by the remember cookie alone, leave the new login as it is."""
    browser = Visitor(app)
    await log_in_as_new_user(browser, remember=True)
    if change is confirm:
        browser.forget("session")
    paths = addresses(app)
    tabs = {path: browser.copy("remember_token") for path in paths}
    tasks = {path: asyncio.create_task(tab.get(path, HELD)) for path, tab in tabs.items()}
    await hold.until_held(len(paths))

    await change(browser)

    hold.release.set()
    for path, task in tasks.items():
        deliver(await task, browser)
        tally.count(await is_fresh(browser), path)


@quick
@pytest.mark.check(32)
async def test_a_slow_stale_page_undoes_no_login(app: Application, hold: Hold, tally: Tally) -> None:
    """Nor do pages that session protection finds stale, because the browser has moved to another address."""
    browser = Visitor(app)
    await log_in_as_new_user(browser, remember=False)
    browser.agent = "Another browser"
    paths = addresses(app)
    tasks = {path: asyncio.create_task(browser.copy().get(path, HELD)) for path in paths}
    await hold.until_held(len(paths))

    tally.count(not await is_fresh(browser), "is stale")
    await confirm(browser)

    hold.release.set()
    for path, task in tasks.items():
        deliver(await task, browser)
        tally.count(await is_fresh(browser), path)


@quick
@pytest.mark.check(32)
async def test_forms_of_a_restored_login(app: Application, tally: Tally) -> None:
    """The forms on the first page that a remember cookie restores can be sent, also where they come before the user."""
    for path in ("/logout", "/reauthenticate"):
        browser = Visitor(app)
        if path == "/logout":
            await browser.register()
        await browser.login(remember=True)
        for name in ("session", "session_data"):
            browser.forget(name)
        page = await browser.get(path)
        answer = await browser.post(path, {"csrf_token": page.token, "current_password": PASSWORD})
        tally.count(answer.status == 302, f"{path}: {answer.status}")


@quick
@pytest.mark.check(32)
async def test_buttons_of_restored_tabs(app: Application, tally: Tally) -> None:
    """Of two tabs that a remember cookie restores at once, both can send their buttons, but nobody a planted token.

    They still can after an old tab has brought back a void session cookie.
    """
    browser = Visitor(app)
    await browser.register()
    planted = (await browser.get("/login")).token
    visitor = browser.copy("session_data")
    await browser.login()
    old = browser.copy("session")
    await browser.logout()
    await browser.login(remember=True)
    for name in ("session", "session_data"):
        browser.forget(name)
    tabs = [browser.copy(), browser.copy()]
    pages = [await tab.get("/account") for tab in tabs]
    for page in pages:
        deliver(page, browser)
    for page in pages:
        answer = await browser.post("/account/sessions/end-others", {"csrf_token": page.token})
        tally.count(answer.status == 302, answer.status)
    for cookie in visitor.client.cookie_jar or ():
        browser.client.set_cookie("localhost", cookie.name, cookie.value or "")
    answer = await browser.post("/account/sessions/end-others", {"csrf_token": planted})
    tally.count(answer.status == 403, f"planted token: {answer.status}")
    for cookie in old.client.cookie_jar or ():
        browser.client.set_cookie("localhost", cookie.name, cookie.value or "")
    token = (await browser.get("/account")).token
    answer = await browser.post("/account/sessions/end-others", {"csrf_token": token})
    tally.count(answer.status == 302, f"void session cookie: {answer.status}")


@quick
@pytest.mark.check(32)
async def test_a_slow_page_undoes_no_logout(app: Application, hold: Hold, tally: Tally) -> None:
    """Nor does it log in again: what was under way when its user logged out leaves the browser out."""
    browser = Visitor(app)
    await log_in_as_new_user(browser, remember=True)
    tabs = [browser.copy("session"), browser.copy("remember_token"), browser.copy()]
    tasks = [asyncio.create_task(tab.get("/account", HELD)) for tab in tabs]
    await hold.until_held(len(tabs))
    await browser.logout()
    hold.release.set()
    for task in tasks:
        deliver(await task, browser)
        tally.count(not await browser.is_in(), "the browser")


@quick
@pytest.mark.check(32)
async def test_forms_of_an_ended_login(app: Application, tally: Tally) -> None:
    """A browser whose login was ended elsewhere is told to log in, and can: the form needs no new session cookie."""
    browser, other = Visitor(app), Visitor(app)
    await log_in_as_new_user(browser, remember=False)
    await other.login()
    await other.submit("/account/password", current_password=PASSWORD, password=NEW, password2=NEW)

    page = await browser.get("/account")
    tally.count(page.location.startswith("/login?next="), page.location)
    tally.count("session" not in page.cookies, page.cookies)
    page = await browser.get(page.location)
    tally.count(page.flashes == ["Please log in to access this page."], page.flashes)
    fields = {"csrf_token": page.token, "username": "susan"}
    tally.count((await browser.post("/login", {**fields, "password": "wrong"})).location == "/login", "wrong password")
    tally.count((await browser.get("/login")).flashes == ["Invalid username or password"], "its message")
    tally.count((await browser.post("/login", {**fields, "password": NEW})).location == "/index", "right password")
    tally.count(await browser.is_in(), "the browser")


@quick
@pytest.mark.check(32)
async def test_what_a_slow_page_brings_back(app: Application, tally: Tally) -> None:
    """The cookie for pages counts for the login that it was written for, and for no other."""
    browser = Visitor(app)
    await browser.register()
    async with browser.client.session_transaction() as session:
        session["cart"] = "mallory's"
        session["csrf_token"] = "mallory's"
    planted = browser.copy("session_data")
    await browser.login()
    for cookie in planted.client.cookie_jar or ():
        browser.client.set_cookie("localhost", cookie.name, cookie.value or "")
    async with browser.client.session_transaction() as session:
        tally.count("cart" not in session and session["csrf_token"] != "mallory's", dict(session))
    tally.count(await browser.is_in(), "the browser")
