"""Copies of cookies end with their login."""

from __future__ import annotations

import asyncio
import os
from time import monotonic

import pytest

from quart_app.application import Application
from tests.app.program import with_token
from tests.app.tab import open_tab, refusal
from tests.app.visitor import PASSWORD, Page, Visitor
from tests.checks.routes import addresses
from tests.checks.tally import Tally

SOON = 5.0 if os.environ.get("CHECKS") == "full" else 15.0  # seconds until a websocket has ended


async def another(app: Application, *, remember: bool = False) -> Visitor:
    """Another browser of the same user."""
    visitor = Visitor(app)
    await visitor.login(remember=remember)
    assert await visitor.is_in()
    return visitor


def seen(page: Page) -> tuple[int, str]:
    """A response without its parts that always differ."""
    return page.status, page.headers.get("Location", "").partition("?")[0]


@pytest.mark.check(1)
async def test_replay_after_logout(user: Visitor, app: Application, tally: Tally) -> None:
    """After a logout copied cookies open no page, API operation or websocket of users."""
    copies = {"session": user.copy("session"), "remember": user.copy("remember_token"), "both": user.copy()}
    for_strangers = {path: seen(await Visitor(app).get(path)) for path in addresses(app)}
    protected = [path for path in addresses(app) if seen(await user.get(path)) != for_strangers[path]]
    assert {"/index", "/account", "/live", "/api/v1/me", "/api/v1/sessions"} <= set(protected)

    await user.logout()

    for name, thief in copies.items():
        for path in protected:
            tally.count(seen(await thief.copy().get(path)) == for_strangers[path], f"{name}: {path}")
        tally.count(await refusal(thief.copy()) == 401, f"{name}: websocket")


@pytest.mark.check(2)
async def test_password_change(user: Visitor, app: Application, tally: Tally) -> None:
    """A changed password ends three other sessions, a remember cookie, a token, and copies of this login."""
    others = {f"session {number}": await another(app) for number in range(3)}
    others["remember"] = (await another(app, remember=True)).copy("remember_token")
    others["copy"] = user.copy()
    program = await with_token(app)

    new = "four words of another kind"
    await user.submit("/account/password", current_password=PASSWORD, password=new, password2=new)

    tally.count(await user.is_in(), "the browser that changed it")
    for name, other in others.items():
        tally.count(not await other.is_in(), name)
    tally.count(not await program.is_in(), "token")


@pytest.mark.check(3)
async def test_log_out_everywhere(user: Visitor, app: Application, tally: Tally) -> None:
    """Five sessions, two remember cookies and a websocket end at once; the websocket within five seconds, with 1008."""
    sessions = [await another(app) for _ in range(5)]
    remembered = [(await another(app, remember=True)).copy("remember_token") for _ in range(2)]
    async with open_tab(sessions[0]) as tab:
        await tab.news()
        token = (await user.get("/account")).token
        await user.post("/account/sessions/end-others", {"csrf_token": token})
        ended_at = monotonic()
        for number, other in enumerate([*sessions, *remembered]):
            tally.count(not await other.is_in(), f"credential {number}")
        async with asyncio.timeout(4 * SOON):
            code = await tab.until_closed()
        took = monotonic() - ended_at
        tally.count(code == 1008 and took < SOON, f"websocket: {code} after {took:.1f} s")
    tally.note(f"websocket after {took:.1f} s")
