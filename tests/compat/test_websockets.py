"""Logins over websockets: the same user, nothing written."""

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
    """A site with websockets: open, for members, for those with a fresh login."""
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
    """The login of the browser is the login of its websockets."""
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
    """Without a decorator the websocket is open, and knows that nobody is there."""
    assert (await hear(site.client(), "/open")).startswith("nobody False {}")


async def test_stale_logins_are_refused_where_fresh_ones_are_required(site: Site) -> None:
    """With 401, too, and with the signal."""
    site.manager.refresh_view = "login"
    client = await site.logged_in("stale=1")

    with listening(site.app) as heard:
        assert await refusal(client, "/for-fresh") == 401
    assert names(heard)[-1] == "user_needs_refresh"


async def test_users_are_refused_where_visitors_are_meant(site: Site) -> None:
    """``anonymous_required`` answers 403 in a websocket, wherever pages redirect to."""
    site.manager.authenticated_view = "whoami"

    assert await hear(site.client(), "/for-visitors") == "visitor"
    assert await refusal(await site.logged_in(), "/for-visitors") == 403


async def test_the_remember_cookie_is_enough(site: Site) -> None:
    """It brings the user back, stale, and the session is not written."""
    client = await site.logged_in("remember=1")
    close_browser(client)

    with listening(site.app) as heard:
        assert await hear(client, "/open") == "susan False {} False"

    assert names(heard) == ["user_accessed", "user_loaded_from_cookie", "user_loaded"]
    assert await hear(client, "/for-members") == "susan"
    assert await refusal(client, "/for-fresh") == 401
    assert site.session_of(client) == {}


async def test_another_client_is_stale_under_basic_protection(site: Site) -> None:
    """Known, not fresh, and the session that says "fresh" is left alone."""
    client = await site.logged_in()

    said = await hear(client, "/open", headers=ELSEWHERE)

    assert said.startswith("susan False ")
    assert said.endswith(" False")
    assert await refusal(client, "/for-fresh", headers=ELSEWHERE) == 401
    assert await hear(client, "/for-fresh") == "susan"


async def test_another_client_is_nobody_under_strong_protection(site: Site) -> None:
    """The login is not used there; in the browser it goes on."""
    site.app.config["SESSION_PROTECTION"] = "strong"
    client = await site.logged_in("remember=1")

    with listening(site.app) as heard:
        assert await refusal(client, "/for-members", headers=ELSEWHERE) == 401
    assert "session_protected" in names(heard)
    said = await hear(client, "/open", headers=ELSEWHERE)
    assert said.startswith("nobody False ")
    assert said.endswith(" False")
    assert await hear(client, "/for-fresh") == "susan"


async def test_a_user_that_is_gone_is_nobody(site: Site) -> None:
    """And the id stays in the session, which cannot be written."""
    client = await site.logged_in()
    site.people.clear()

    assert await refusal(client, "/for-members") == 401
    assert site.session_of(client)["_user_id"] == "1"


async def test_the_request_loader_gets_the_websocket(site: Site) -> None:
    """It is asked in websockets as well, for the websocket."""
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
    """A websocket cannot set cookies: the attempt is an error that says so, and changes nothing."""

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
    """A loader that raises ends the websocket; nobody is served as a visitor."""
    client = await site.logged_in()
    site.fault = RuntimeError("no database")

    for path in ("/open", "/for-members"):
        assert await refusal(client, path) == 500


async def test_page_that_never_asks_works_in_spite_of_a_fault(site: Site) -> None:
    """A websocket that needs no user is served."""

    @site.app.websocket("/clock")
    async def clock() -> None:
        await websocket.send("tick")

    client = await site.logged_in()
    site.fault = RuntimeError("no database")

    assert await hear(client, "/clock") == "tick"


async def test_freshness_has_a_maximum_there_too(site: Site) -> None:
    """``FRESH_LOGIN_DURATION`` counts in websockets."""
    site.app.config["FRESH_LOGIN_DURATION"] = 600
    client = await site.logged_in()
    assert await hear(client, "/for-fresh") == "susan"

    site.app.config["FRESH_LOGIN_DURATION"] = -1
    assert await refusal(client, "/for-fresh") == 401
