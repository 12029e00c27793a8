"""The session in two cookies: what is in which, and sessions that were written when there was one."""

from __future__ import annotations

import pytest
from quart import session
from quart.sessions import SecureCookieSessionInterface

from quart_app.application import Application
from tests.app.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def seal(app: Application, **content: object) -> str:
    """A session cookie that holds all of this, as one was written before there were two."""
    interface = app.session_interface
    assert isinstance(interface, SecureCookieSessionInterface)
    serializer = interface.get_signing_serializer(app)
    assert serializer is not None
    return str(serializer.dumps(content))


async def test_a_page_writes_no_login(session_user: Visitor, app: Application) -> None:
    """A message, or anything else that a page keeps, is in the other cookie; a login in its own."""

    @app.get("/keep")
    async def keep() -> str:
        session["kept"] = "yes"
        return ""

    @app.get("/kept")
    async def kept() -> str:
        return str(session.get("kept"))

    assert set((await session_user.get("/keep")).cookies) == {"session_data"}
    assert (await session_user.get("/kept")).text == "yes"
    assert set((await session_user.get("/account")).cookies) == set()


async def test_a_session_of_one_cookie(session_user: Visitor, app: Application) -> None:
    """It is good: the user is logged in, an open form can be sent, and a message is shown once."""
    token = (await session_user.get("/account/password")).token
    async with session_user.client.session_transaction() as opened:
        content = {**opened, "_flashes": [("message", "Hello!")]}
    session_user.client.set_cookie("localhost", "session", seal(app, **content))

    assert (await session_user.get("/index")).flashes == ["Hello!"]
    assert (await session_user.get("/index")).flashes == []
    page = await session_user.post("/account/password", {"csrf_token": token, "current_password": PASSWORD})
    assert page.status == 200


async def test_a_visitors_session_of_one_cookie(visitor: Visitor, app: Application) -> None:
    """So is that of a visitor: the login form that is open can be sent."""
    await visitor.register()
    token = (await visitor.get("/login")).token
    async with visitor.client.session_transaction() as opened:
        content = dict(opened)
    visitor.forget("session_data")
    visitor.client.set_cookie("localhost", "session", seal(app, **content))

    page = await visitor.post("/login", {"csrf_token": token, "username": "susan", "password": PASSWORD})
    assert page.location == "/index"
    assert await visitor.is_in()
