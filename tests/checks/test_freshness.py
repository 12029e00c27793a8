"""Logins that a remember cookie restored must not change the account."""

from __future__ import annotations

import pytest

from quart_app.application import Application
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally

pytestmark = pytest.mark.quick

NEW = "four words of another kind"
FRESH_ONLY = {
    "/account/password": {"password": NEW, "password2": NEW},
    "/account/email": {"email": "mallory@example.com"},
    "/account/delete": {},
}
API = "/api/v1/me/password"


async def remembered(app: Application) -> Visitor:
    """A browser of susan with the remember cookie only."""
    visitor = Visitor(app)
    await visitor.login(remember=True)
    return visitor.copy("remember_token")


async def tries(visitor: Visitor, path: str) -> int:
    """The response to this form with valid fields."""
    token = (await visitor.get("/account")).token
    return (await visitor.post(path, {"csrf_token": token, "current_password": PASSWORD, **FRESH_ONLY[path]})).status


@pytest.mark.check(9)
async def test_remembered_users_confirm_first(app: Application, tally: Tally) -> None:
    """A restored login cannot change the account before the user's own password is confirmed."""
    await Visitor(app).register()
    await Visitor(app).register("bob", email="bob@example.com", password=NEW, password2=NEW)
    json = {"current_password": PASSWORD, "new_password": NEW}
    for confirmed_by in (None, "", "wrong", NEW):
        visitor = await remembered(app)
        if confirmed_by is not None:
            await visitor.submit("/reauthenticate", current_password=confirmed_by, username="bob")
        for path in FRESH_ONLY:
            page = await visitor.get(path)
            refused = page.status == 302 and page.location.startswith("/reauthenticate")
            tally.count(refused, f"GET {path} confirmed by {confirmed_by!r}: {page.status}")
            tally.count(await tries(visitor, path) == 302, f"POST {path} confirmed by {confirmed_by!r}")
        answer = await visitor.client.put(API, json=json)
        tally.count(answer.status_code == 401, f"PUT {API} confirmed by {confirmed_by!r}: {answer.status_code}")
    tally.count((await Visitor(app).login()).location == "/index", "the password is as it was")
    tally.count((await Visitor(app).login("susan@example.com")).location == "/index", "the address is as it was")

    visitor = await remembered(app)
    await visitor.submit("/reauthenticate", current_password=PASSWORD)
    for path in FRESH_ONLY:
        tally.count((await visitor.get(path)).status == 200, f"GET {path} after confirming")
    answer = await visitor.client.put(API, json=json)
    tally.count(answer.status_code == 204, f"PUT {API} after confirming: {answer.status_code}")
