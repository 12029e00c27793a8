"""A device cookie that was stolen keeps its owner out of no browser, once the browser has got another one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from itsdangerous import URLSafeTimedSerializer

from quart_app.application import Application
from tests.app.program import browser_of
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally

LIMIT = 10  # attempts with one key that may fail
WRONG = "not the password"
NEW = "four words of another kind"


async def log_in_again(owner: Visitor) -> str:
    """Log out, and in again by the form."""
    await owner.logout()
    assert (await owner.login()).location == "/index"
    return PASSWORD


async def log_in_by_the_api(owner: Visitor) -> str:
    """Log in again by JSON, while logged in."""
    assert (await browser_of(owner).log_in()).status == 201
    return PASSWORD


async def confirm_password(owner: Visitor) -> str:
    """Enter the password again."""
    token = (await owner.get("/account")).token
    page = await owner.post("/reauthenticate", {"csrf_token": token, "current_password": PASSWORD})
    assert page.location == "/account"
    return PASSWORD


async def change_password(owner: Visitor) -> str:
    """Change the password by the form."""
    page = await owner.submit("/account/password", current_password=PASSWORD, password=NEW, password2=NEW)
    assert page.location == "/account"
    return NEW


async def change_password_by_the_api(owner: Visitor) -> str:
    """Change the password by JSON."""
    fields = {"current_password": PASSWORD, "new_password": NEW}
    assert (await browser_of(owner).send("PUT", "/me/password", fields)).status == 204
    return NEW


Renewal = Callable[[Visitor], Awaitable[str]]
LOGINS: list[Renewal] = [log_in_again, log_in_by_the_api, confirm_password]
CHANGES: list[Renewal] = [change_password, change_password_by_the_api]


async def guess(visitor: Visitor, times: int) -> list[int]:
    """The statuses of so many wrong passwords."""
    return [(await visitor.login(password=WRONG)).status for _ in range(times)]


@pytest.mark.check(36)
@pytest.mark.parametrize("renew", [*LOGINS, *CHANGES])
async def test_stolen_device_cookies(app: Application, session_user: Visitor, renew: Renewal, tally: Tally) -> None:
    """After a login or a changed password, guesses with the old cookie, and without any, keep the owner out no more.

    The old cookie keeps its own count after a login, and none after a changed password: then it is a stranger's.
    """
    thief = session_user.copy("device")
    old = device_of(session_user)
    password = await renew(session_user)
    tally.count(device_of(session_user) != old, "the browser has got no other cookie")

    tally.count(await guess(Visitor(app), LIMIT + 1) == [302] * LIMIT + [429], "without a cookie")
    looked_at = [302] * LIMIT if renew in LOGINS else [429] * LIMIT
    tally.count(await guess(thief, LIMIT + 1) == [*looked_at, 429], "with the old cookie")

    await session_user.logout()
    page = await session_user.login(password=password)
    tally.count(page.headers.get("Location") == "/index", f"the owner: {page.status}")


@pytest.mark.check(36)
async def test_changed_passwords_end_all_device_cookies(app: Application, session_user: Visitor, tally: Tally) -> None:
    """However many a thief has collected, in any browser, the next changed password makes strangers of them."""
    thieves = [session_user.copy("device")]
    for _ in range(3):
        await log_in_again(session_user)
        thieves.append(session_user.copy("device"))
    elsewhere = Visitor(app)
    await elsewhere.login()
    thieves.append(elsewhere.copy("device"))
    await change_password(elsewhere)

    assert await guess(Visitor(app), LIMIT) == [302] * LIMIT
    for number, thief in enumerate(thieves):
        tally.count((await thief.login(password=NEW)).status == 429, f"cookie {number}")
    await elsewhere.logout()
    tally.count((await elsewhere.login(password=NEW)).headers.get("Location") == "/index", "the owner")


def device_of(visitor: Visitor) -> str:
    """The id in the device cookie of a browser."""
    (value,) = [cookie.value for cookie in visitor.client.cookie_jar or () if cookie.name == "device"]
    _, (_, device) = URLSafeTimedSerializer("any").loads_unsafe(value or "")
    return str(device)
