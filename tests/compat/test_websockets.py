"""Logins in websockets: the same user as in requests, and no cookie or session is written."""

from collections.abc import Callable
from typing import Any

import pytest
from quart import Websocket, session, websocket
from quart.testing import QuartClient, WebsocketResponseError

import compat
from compat import (
    WebsocketIsReadOnly,
    confirm_login,
    current_user,
    fresh_login_required,
    login_fresh,
    login_required,
    login_user,
    logout_user,
)

from .site import REMEMBER, Kind, Person, Site, close_browser, listening, names, text

ELSEWHERE = {"User-Agent": "another browser"}


@pytest.fixture
def site(kind: Kind) -> Site:
    """A site with websockets: one open, one for logged-in users, one for fresh logins."""
    site = Site(kind)

    @site.app.websocket("/open")
    async def everybody_socket() -> None:
        who = current_user.name if current_user.is_authenticated else "nobody"
        await websocket.send(f"{who} {login_fresh()} {dict(session)} {session.modified}")

    @site.app.websocket("/for-members")
    @login_required
    async def members_socket() -> None:
        await websocket.send(current_user.name)

    @site.app.websocket("/for-fresh")
    @fresh_login_required
    async def fresh_socket() -> None:
        await websocket.send(current_user.name)

    @site.app.websocket("/for-visitors")
    @compat.anonymous_required
    async def visitors_socket() -> None:
        await websocket.send("visitor")

    return site


async def hear(client: QuartClient, path: str, **options: Any) -> str:
    """The first message of the websocket at *path*."""
    async with client.websocket(path, **options) as connection:
        return str(await connection.receive())


async def refusal(client: QuartClient, path: str, **options: Any) -> int:
    """The status with which the handshake is refused."""
    with pytest.raises(WebsocketResponseError) as refused:
        await hear(client, path, **options)
    status: int = refused.value.response.status_code
    return status


async def test_the_user_is_the_same(site: Site) -> None:
    """A websocket has the login of its browser."""
    client = await site.logged_in()

    assert await hear(client, "/for-members") == "susan"
    assert await hear(client, "/for-fresh") == "susan"
    assert site.loads == ["1", "1"]


async def test_visitors_are_refused_before_accept(site: Site) -> None:
    """The handshake is answered with 401, even where pages redirect or a handler answers."""
    site.manager.login_view = "login"
    site.manager.unauthorized_handler(lambda: "who?")
    client = site.client()

    with listening(site.app) as heard:
        assert await refusal(client, "/for-members") == 401
    assert names(heard) == ["user_accessed", "user_unauthorized"]
    assert await refusal(client, "/for-fresh") == 401


async def test_visitors_may_be_let_in(site: Site) -> None:
    """Without a decorator the websocket is open to visitors, with an anonymous user."""
    assert (await hear(site.client(), "/open")).startswith("nobody False {}")


async def test_stale_logins_are_refused_where_fresh_ones_are_required(site: Site) -> None:
    """A stale login is refused with 401 and the signal where a fresh one is required."""
    site.manager.refresh_view = "login"
    client = await site.logged_in("stale=1")

    with listening(site.app) as heard:
        assert await refusal(client, "/for-fresh") == 401
    assert names(heard)[-1] == "user_needs_refresh"


@pytest.mark.parametrize(("version", "announced"), [("1.1", "close"), ("2", None)])
async def test_a_refusal_ends_its_connection(site: Site, version: str, announced: str | None) -> None:
    """A refusal announces over HTTP/1.1 that its connection ends: proxies would send the next request there."""
    with pytest.raises(WebsocketResponseError) as refused:
        await hear(site.client(), "/for-members", scope_base={"http_version": version})
    assert refused.value.response.headers.get("Connection") == announced


async def test_users_are_refused_where_visitors_are_meant(site: Site) -> None:
    """``anonymous_required`` refuses a websocket with 403, even where pages redirect."""
    site.manager.authenticated_view = "whoami"

    assert await hear(site.client(), "/for-visitors") == "visitor"
    assert await refusal(await site.logged_in(), "/for-visitors") == 403


async def test_the_remember_cookie_is_enough(site: Site) -> None:
    """A remember cookie alone logs in, not fresh, and the session is not written."""
    client = await site.logged_in("remember=1")
    close_browser(client)

    with listening(site.app) as heard:
        assert await hear(client, "/open") == "susan False {} False"

    assert names(heard) == ["user_accessed", "user_loaded_from_cookie", "user_loaded"]
    assert await hear(client, "/for-members") == "susan"
    assert await refusal(client, "/for-fresh") == 401
    assert site.session_of(client) == {}


async def test_another_client_is_stale_under_basic_protection(site: Site) -> None:
    """Basic protection: another client is logged in, not fresh, and the session is not written."""
    client = await site.logged_in()

    said = await hear(client, "/open", headers=ELSEWHERE)

    assert said.startswith("susan False ")
    assert said.endswith(" False")
    assert await refusal(client, "/for-fresh", headers=ELSEWHERE) == 401
    assert await hear(client, "/for-fresh") == "susan"


async def test_another_client_is_anonymous_under_strong_protection(site: Site) -> None:
    """Strong protection: another client is anonymous, and the login of the owner continues."""
    site.app.config["SESSION_PROTECTION"] = "strong"
    client = await site.logged_in("remember=1")

    with listening(site.app) as heard:
        assert await refusal(client, "/for-members", headers=ELSEWHERE) == 401
    assert "session_protected" in names(heard)
    said = await hear(client, "/open", headers=ELSEWHERE)
    assert said.startswith("nobody False ")
    assert said.endswith(" False")
    assert await hear(client, "/for-fresh") == "susan"


async def test_a_missing_user_is_anonymous(site: Site) -> None:
    """If the user is missing, the websocket is anonymous; the id stays in the session, which cannot be written."""
    client = await site.logged_in()
    site.people.clear()

    assert await refusal(client, "/for-members") == 401
    assert site.session_of(client)["_user_id"] == "1"


async def test_the_request_loader_gets_the_websocket(site: Site) -> None:
    """The request loader is called with the websocket."""
    asked: list[object] = []

    @site.manager.request_loader
    def by_key(connection: Any) -> Person | None:
        asked.append(type(connection))
        return site.people["2"] if "X-Api-Key" in connection.headers else None

    assert await hear(site.client(), "/for-members", headers={"X-Api-Key": "x"}) == "henry"
    assert asked == [Websocket]


@pytest.mark.parametrize(
    ("verb", "call"),
    [
        ("login_user", lambda site: login_user(site.people["2"])),
        ("logout_user", lambda site: logout_user()),
        ("confirm_login", lambda site: confirm_login()),
    ],
)
async def test_logins_cannot_be_changed(site: Site, verb: str, call: Callable[[Site], object]) -> None:
    """Logging in or out in a websocket is an error that changes nothing: it cannot set cookies."""

    @site.app.websocket("/change")
    async def change() -> None:
        try:
            call(site)
        except WebsocketIsReadOnly as error:
            await websocket.send(f"{error} {current_user.name} {session.modified}")

    client = await site.logged_in("remember=1")

    said = await hear(client, "/change")

    assert said.startswith(f"{verb}() was called in a websocket")
    assert said.endswith(" susan False")
    assert await text(client, "/fresh") == "True"
    assert REMEMBER in str(client.cookie_jar)


async def test_a_fault_is_not_anonymous(site: Site) -> None:
    """An error of the loader ends the websocket, which is not served as anonymous."""
    client = await site.logged_in()
    site.fault = RuntimeError("no database")

    for path in ("/open", "/for-members"):
        assert await refusal(client, path) == 500


async def test_a_websocket_without_the_user_works_while_the_loader_fails(site: Site) -> None:
    """A websocket that does not read the user works while the loader fails."""

    @site.app.websocket("/clock")
    async def clock() -> None:
        await websocket.send("tick")

    client = await site.logged_in()
    site.fault = RuntimeError("no database")

    assert await hear(client, "/clock") == "tick"


async def test_freshness_has_a_maximum_there_too(site: Site) -> None:
    """``FRESH_LOGIN_DURATION`` applies to websockets, too."""
    site.app.config["FRESH_LOGIN_DURATION"] = 600
    client = await site.logged_in()
    assert await hear(client, "/for-fresh") == "susan"

    site.app.config["FRESH_LOGIN_DURATION"] = -1
    assert await refusal(client, "/for-fresh") == 401
