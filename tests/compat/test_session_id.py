"""A session that is kept on the server gets a new id at each login and logout, against session fixation."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from quart import Quart
from quart.sessions import SecureCookieSession, SessionInterface
from quart.testing import QuartClient

from .site import REMEMBER, Site, cookie, error, put_cookie, text


class StoredSession(SecureCookieSession):
    """A session that is kept on the server."""

    def __init__(self, sid: str, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.sid = sid


class Store(SessionInterface):
    """Keeps sessions in memory, and their ids in cookies; cannot renew an id."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    async def open_session(self, app: Quart, request: Any) -> StoredSession:
        sid = request.cookies.get("session")
        return StoredSession(sid, self.kept[sid]) if sid in self.kept else StoredSession(secrets.token_hex(), {})

    async def save_session(self, app: Quart, session: Any, response: Any) -> None:
        if session.modified:
            self.kept[session.sid] = dict(session)
            response.set_cookie("session", session.sid)


class LikeQuartSession(Store):
    """Has the public names of Quart-Session's interfaces."""

    key_prefix = "session:"

    async def delete(self, key: str, app: Quart) -> None:
        self.kept.pop(key.removeprefix(self.key_prefix), None)


class KeepsNothing(LikeQuartSession):
    """Is like Quart-Session's interface that keeps nothing."""

    async def delete(self, key: str, app: Quart) -> None:
        raise NotImplementedError


class Regenerates(Store):
    """Has Flask-Session's ``regenerate``."""

    def regenerate(self, session: Any) -> None:
        self.kept.pop(session.sid, None)
        session.sid = secrets.token_hex()
        session.modified = True


class RegeneratesAsync(Regenerates):
    """Has an async one."""

    async def regenerate(self, session: Any) -> None:  # type: ignore[override]  # async: what is tested
        super().regenerate(session)


class Broken(LikeQuartSession):
    """Cannot reach its store."""

    async def delete(self, key: str, app: Quart) -> None:
        raise ConnectionError


RENEWING = pytest.mark.parametrize("make", [LikeQuartSession, Regenerates, RegeneratesAsync])


def site_with(store: Store) -> Site:
    """A site whose sessions are in *store*, where one is that an attacker can name."""
    site = Site(SESSION_PROTECTION=None)
    site.app.session_interface = store  # type: ignore[assignment]  # declared as the type of its default
    store.kept["planted"] = {"basket": "full"}
    return site


def browser_with(site: Site, sid: str) -> QuartClient:
    """A browser that has the id of a session."""
    client = site.client()
    put_cookie(client, "session", sid)
    return client


@RENEWING
async def test_a_login_renews_the_id(make: Callable[[], Store]) -> None:
    """After a login a planted id names no session, and the new session keeps what was in the old one."""
    store = make()
    site = site_with(store)
    client = browser_with(site, "planted")

    await text(client, "/login")

    assert await text(client, "/whoami") == "susan"
    assert await text(browser_with(site, "planted"), "/whoami") == "nobody"
    assert "planted" not in store.kept
    assert [one["basket"] for one in store.kept.values()] == ["full"]


@RENEWING
async def test_a_remembered_login_renews_the_id(make: Callable[[], Store]) -> None:
    """A remember cookie logs nobody in under a planted id."""
    store = make()
    site = site_with(store)
    token = cookie(await site.logged_in("remember"), REMEMBER)
    assert token
    client = browser_with(site, "planted")
    put_cookie(client, REMEMBER, token)

    assert await text(client, "/whoami") == "susan"

    assert "planted" not in store.kept
    assert await text(browser_with(site, "planted"), "/whoami") == "nobody"


@RENEWING
async def test_a_confirmed_login_renews_the_id(make: Callable[[], Store]) -> None:
    """Somebody who has the id of a stale login does not get the fresh one."""
    site = site_with(make())
    client = await site.logged_in("stale")
    old = cookie(client, "session")
    assert old

    await text(client, "/confirm")

    assert await text(client, "/private") == "just you, susan"
    assert await text(browser_with(site, old), "/whoami") == "nobody"


@RENEWING
async def test_a_logout_renews_the_id(make: Callable[[], Store]) -> None:
    """After a logout the old id names no session, and the new session keeps what else was in the old one."""
    store = make()
    site = site_with(store)
    client = await site.logged_in()
    await text(client, "/basket")
    old = cookie(client, "session")
    assert old

    await text(client, "/logout")

    assert cookie(client, "session") != old
    assert old not in store.kept
    assert await text(client, "/whoami") == "nobody"


@RENEWING
async def test_nothing_else_renews_the_id(make: Callable[[], Store]) -> None:
    """A refused login, a logout of nobody and a page of a logged-in user leave the id as it is."""
    site = site_with(make())
    client = browser_with(site, "planted")
    assert await text(client, "/login?user=3") == "False"
    await text(client, "/logout")
    assert cookie(client, "session") == "planted"

    await text(client, "/login")
    renewed = cookie(client, "session")
    for path in ("/whoami", "/basket"):
        await text(client, path)
        assert cookie(client, "session") == renewed


async def test_no_login_without_renewal() -> None:
    """If the store cannot delete the old session, the login fails, and the planted id is nobody's."""
    site = site_with(Broken())
    client = browser_with(site, "planted")

    assert isinstance(await error(client, "/login"), ConnectionError)

    assert await text(browser_with(site, "planted"), "/whoami") == "nobody"


@pytest.mark.parametrize("make", [Store, KeepsNothing])
async def test_other_interfaces_still_log_in(make: Callable[[], Store]) -> None:
    """An interface that cannot renew an id, or keeps nothing, logs in as with Flask-Login."""
    site = site_with(make())
    client = browser_with(site, "planted")

    await text(client, "/login")

    assert await text(client, "/whoami") == "susan"
