"""Session fixation: nothing from before a login is valid after it, and no request undoes a logout."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import pytest
from quart import session

from quart_app.accounts.login import current_user, start_login
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally

pytestmark = pytest.mark.quick

OURS = {"_user_id", "_fresh", "_id", "_remember", "_remember_seconds", "csrf_token", "_flashes"}


async def content(visitor: Visitor) -> dict[str, object]:
    """The content of the session."""
    async with visitor.client.session_transaction() as opened:
        return dict(opened)


async def plant(visitor: Visitor) -> None:
    """Store a value in the session that an attacker knows."""
    async with visitor.client.session_transaction() as opened:
        opened["cart"] = "mallory's"
        opened["csrf_token"] = "mallory's"


def cookies(visitor: Visitor) -> dict[str, str | None]:
    """The cookies of the browser."""
    return {cookie.name: cookie.value for cookie in visitor.client.cookie_jar or ()}


@pytest.mark.check(14)
async def test_nothing_survives_a_login(app: Application, tally: Tally) -> None:
    """After a login, confirmation or logout no key, token or id from before is left."""
    visitor = Visitor(app)
    await visitor.register()
    await visitor.register("bob", email="bob@example.com")

    async def log_in(name: str) -> None:
        """Log in with the cookies of another login, which the API allows and the page does not."""
        credentials = {"username": name, "password": PASSWORD, "kind": "remembered"}
        answer = await visitor.client.post("/api/v1/sessions", json=credentials)
        assert answer.status_code == 201

    async def confirm() -> None:
        visitor.forget("session")
        assert (await visitor.get("/account")).status == 200
        old = visitor.copy()
        await plant(visitor)
        page = await visitor.get("/reauthenticate")
        assert (await visitor.post("/reauthenticate", {"csrf_token": page.token, "current_password": PASSWORD})).status
        tally.count(not await old.is_in(), "confirming: the cookies from before")

    steps = {"login": lambda: log_in("susan"), "as bob": lambda: log_in("bob"), "again": lambda: log_in("bob")}
    for name, step in {**steps, "confirming": confirm, "logout": visitor.logout}.items():
        if name not in ("confirming", "logout"):
            await plant(visitor)
        before, sent, thief = await content(visitor), cookies(visitor), visitor.copy()
        await step()
        after = await content(visitor)
        tally.count("cart" not in after and set(after) <= OURS, f"{name}: {after}")
        for key in ("_user_id", "csrf_token"):
            tally.count(not before.get(key) or before[key] != after.get(key), f"{name}: {key}")
        for cookie in ("session", "remember_token"):
            tally.count(cookie not in sent or sent[cookie] != cookies(visitor).get(cookie), f"{name}: {cookie}")
        tally.count(not await thief.is_in(), f"{name}: a copy from before")


@pytest.mark.check(27)
async def test_a_slow_request_logs_nobody_in_again(app: Application, tally: Tally) -> None:
    """A request under way when its user logs out sets cookies at its end, even a login: nobody is logged in by them."""
    has_begun, may_end = asyncio.Semaphore(0), asyncio.Event()

    @app.get("/slow")
    async def slow() -> str:
        assert current_user.is_authenticated
        session.permanent = True
        session["seen"] = 1
        has_begun.release()
        await may_end.wait()
        session["seen"] = 2
        return ""

    visitor = Visitor(app)
    await visitor.register()
    await visitor.login(remember=True)
    browsers = {"the session": visitor.copy(), "the remember cookie": visitor.copy("remember_token")}
    requests = {name: asyncio.create_task(browser.get("/slow")) for name, browser in browsers.items()}
    for _ in requests:
        await has_begun.acquire()
    await visitor.logout()
    may_end.set()
    for name, request in requests.items():
        page = await request
        assert "session_data" in page.cookies
        tally.count(not await browsers[name].is_in(), f"the next request of that browser, which had {name}")
        for cookie in page.cookies.values():
            visitor.client.set_cookie("localhost", cookie.key, cookie.value)
        tally.count(not await visitor.is_in(), f"the next request here, with the cookies for {name}")


@pytest.mark.check(27)
async def test_a_login_that_raises_is_none(app: Application, tally: Tally) -> None:
    """A view that logs in and then raises gives 500 and no login."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/fails")
    async def log_in_and_fail() -> NoReturn:
        user = await user_by_login("susan")
        assert user is not None
        assert await start_login(user, remember=True)
        raise LookupError

    visitor = Visitor(app)
    await visitor.register()
    page = await visitor.get("/fails")
    tally.count(page.status == 500 and not page.cookies, f"{page.status} {page.cookies}")
    tally.count(not await visitor.is_in(), "the next request")
