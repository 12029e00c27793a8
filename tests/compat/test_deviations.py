"""Where this library differs from Flask-Login 0.6.3, on purpose: one test a row of the parity table."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from quart import Blueprint, request, websocket

from compat import (
    confirm_login,
    current_user,
    encode_cookie,
    fresh_login_required,
    login_fresh,
    login_required,
    login_user,
)

from .conftest import Clock
from .site import REMEMBER, Person, Site, close_browser, cookie, put_cookie, set_cookies, text

YEAR = timedelta(days=365)


@pytest.mark.parametrize("mode", ["basic", "strong"])
async def test_restored_login_is_bound_to_the_client(mode: str) -> None:
    """A login restored from the remember cookie is bound to the client, so "strong" does not end it."""
    site = Site(SESSION_PROTECTION=mode)
    client = await site.logged_in("remember=1")
    identifier = site.session_of(client)["_id"]
    close_browser(client)

    for _ in range(3):
        assert await text(client, "/whoami") == "susan"
    assert site.session_of(client)["_id"] == identifier
    assert cookie(client, REMEMBER) is not None


async def test_request_loader_is_asked_in_spite_of_an_unusable_cookie(site: Site) -> None:
    """The first user found counts: of the session, then of the remember cookie, then of the request loader."""

    @site.manager.request_loader
    async def by_key(request: Any) -> Person | None:
        return site.people["2"] if "X-Api-Key" in request.headers else None

    async with site.app.app_context():
        gone = encode_cookie("gone")
    for unusable in ("nonsense", "", gone):
        client = site.client()
        put_cookie(client, REMEMBER, unusable)
        assert await text(client, "/whoami", headers={"X-Api-Key": "x"}) == "henry"


async def test_a_user_of_the_request_is_not_fresh(site: Site) -> None:
    """A user of the request loader is not fresh, even with an old session or ``confirm_login``; a login is."""

    @site.manager.request_loader
    async def by_key(request: Any) -> Person | None:
        return site.people["2"] if "X-Api-Key" in request.headers else None

    @site.app.route("/looks/<verb>")
    async def looks(verb: str) -> str:
        if verb == "confirm":
            confirm_login()
        elif verb == "login":
            login_user(site.people["2"])
        return str(login_fresh())

    @site.app.websocket("/socket")
    async def socket() -> None:
        await websocket.send(f"{current_user.name} {login_fresh()}")

    client, key = await site.logged_in(), {"X-Api-Key": "x"}
    del site.people["1"]
    async with client.websocket("/socket", headers=key) as connection:
        assert await connection.receive() == "henry False"
    assert await text(client, "/looks/nothing", headers=key) == "False"
    assert await text(client, "/fresh", headers=key) == "False"
    assert (await client.get("/private", headers=key)).status_code == 401
    assert await text(client, "/members", headers=key) == "welcome henry"
    assert await text(client, "/looks/confirm", headers=key) == "False"
    assert (await client.get("/private", headers=key)).status_code == 401
    assert await text(client, "/looks/login", headers=key) == "True"
    assert await text(client, "/private", headers=key) == "just you, henry"


async def test_blueprint_without_a_login_view_uses_the_applications(site: Site) -> None:
    """A blueprint's login view of None falls back to ``login_view``."""
    shop = Blueprint("shop", __name__)

    @shop.route("/shop")
    @login_required
    async def page() -> str:
        return ""

    site.app.register_blueprint(shop)
    site.manager.login_view = "login"
    site.manager.blueprint_login_views = {"shop": None}

    assert (await site.client().get("/shop")).location == "/login?next=%2Fshop"


@pytest.mark.parametrize("value", ["1|é", "é", "é|é", "1|\xff" + "f" * 127])
async def test_remember_cookie_that_is_not_ascii_is_anonymous(site: Site, value: str) -> None:
    """A remember cookie with non-ASCII characters is anonymous, not an error."""
    headers = {"Cookie": f"{REMEMBER}={value}"}

    assert await text(site.client(), "/whoami", headers=headers) == "nobody"
    assert await text(site.client(), "/remembered", headers=headers) == "False"


@pytest.mark.parametrize("source", ["argument", "configuration"])
async def test_wrong_duration_logs_nobody_in(site: Site, source: str) -> None:
    """A wrong duration is checked first: it is an error, and nobody is logged in."""

    @site.app.route("/wrong")
    async def wrong() -> str:
        duration: Any = "123" if source == "argument" else None
        return str(login_user(site.people["1"], remember=True, duration=duration))

    if source == "configuration":
        site.app.config["REMEMBER_COOKIE_DURATION"] = "123"
    client = site.client()
    response = await client.get("/wrong")

    assert (response.status_code, set_cookies(response)) == (500, {})
    assert await text(client, "/whoami") == "nobody"


async def test_fresh_view_that_raises_runs_once(site: Site) -> None:
    """fresh_login_required runs a view once, also if it raises AttributeError."""
    runs: list[int] = []

    @site.app.route("/raises")
    @fresh_login_required
    async def raises() -> str:
        runs.append(1)
        raise AttributeError("of the view")

    assert (await (await site.logged_in()).get("/raises")).status_code == 500
    assert runs == [1]


@pytest.mark.parametrize("seconds", [600, int(YEAR.total_seconds())])
async def test_remember_token_expires_on_the_server(clock: Clock, site: Site, seconds: int) -> None:
    """The remember token is Quart-Auth's timed token: it expires on the server, at its own duration."""
    client = await site.logged_in(f"remember=1&seconds={seconds}")
    token = cookie(client, REMEMBER)
    assert token is not None

    for shift, who in ((seconds, "susan"), (1, "nobody")):
        clock.shift(shift)
        thief = site.client()
        put_cookie(thief, REMEMBER, token)
        assert await text(thief, "/whoami") == who


async def test_remember_token_survives_a_change_of_keys(site: Site) -> None:
    """Keys rotate: the remember token is accepted while its key is among ``SECRET_KEY_FALLBACKS``."""
    client = await site.logged_in("remember=1")
    close_browser(client)

    site.app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[site.app.config["SECRET_KEY"]])

    assert await text(client, "/whoami") == "susan"


async def test_remember_cookie_is_deleted_with_its_attributes() -> None:
    """The remember cookie is deleted with exactly the attributes it is set with."""
    site = Site(REMEMBER_COOKIE_SECURE=True, REMEMBER_COOKIE_SAMESITE="Lax")
    client = site.client()
    was_set = set_cookies(await client.get("/login?remember=1"))[REMEMBER]
    put_cookie(client, REMEMBER, was_set.value)
    was_deleted = set_cookies(await client.get("/logout"))[REMEMBER]

    assert was_deleted["max-age"] == "0"
    for attribute, value in (("secure", True), ("httponly", True), ("samesite", "Lax"), ("path", "/")):
        assert was_set[attribute] == was_deleted[attribute] == value


async def test_forwarded_address_is_not_trusted() -> None:
    """Only ``request.remote_addr`` counts; behind a proxy use Hypercorn's ProxyFixMiddleware."""
    site = Site(SESSION_PROTECTION="strong")
    client = site.client()
    await text(client, "/login", scope_base={"client": ("192.0.2.7", 1)})
    headers = {"X-Forwarded-For": "192.0.2.7"}

    assert await text(client, "/whoami", headers=headers, scope_base={"client": ("192.0.2.8", 1)}) == "nobody"


async def test_refreshing_needs_a_remembered_login() -> None:
    """REMEMBER_COOKIE_REFRESH_EACH_REQUEST renews the cookie of remembered logins only."""
    site = Site(REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)
    asked, did_not = await site.logged_in("remember=1"), await site.logged_in()

    assert REMEMBER in set_cookies(await asked.get("/public"))
    assert set_cookies(await did_not.get("/public")) == {}


@pytest.mark.parametrize("guard", [login_required, fresh_login_required])
async def test_login_disabled_warns(site: Site, guard: Callable[..., Any]) -> None:
    """LOGIN_DISABLED is honoured, with a DeprecationWarning."""

    @site.app.route("/guarded")
    @guard
    async def guarded() -> str:
        return request.path

    site.app.config["LOGIN_DISABLED"] = True

    with pytest.warns(DeprecationWarning, match=re.escape("LOGIN_DISABLED lets everybody in")):
        assert await text(site.client(), "/guarded") == "/guarded"


@pytest.mark.parametrize(("seconds", "who"), [(1, "susan"), (60, "susan"), (61, "nobody")])
async def test_tokens_may_be_a_minute_early(clock: Clock, site: Site, seconds: int, who: str) -> None:
    """A remember token up to 60 seconds "from the future" is accepted: clocks of hosts differ."""
    client = await site.logged_in("remember=1")
    close_browser(client)

    clock.shift(-seconds)

    assert await text(client, "/whoami") == who


@pytest.mark.parametrize(
    ("settings", "is_partitioned"),
    [
        ({}, False),
        ({"SESSION_COOKIE_PARTITIONED": True}, True),
        ({"SESSION_COOKIE_PARTITIONED": True, "REMEMBER_COOKIE_PARTITIONED": False}, False),
        ({"REMEMBER_COOKIE_PARTITIONED": True}, True),
    ],
)
async def test_the_remember_cookie_is_partitioned_as_the_session_is(
    settings: dict[str, Any], is_partitioned: bool
) -> None:
    """``Partitioned`` is on the cookie that is set; it is deleted with it and, from before the setting, without it."""
    site = Site(**settings, REMEMBER_COOKIE_SAMESITE="None")
    client = site.client()
    sent = [cookies_of(await client.get(path)) for path in ("/login?remember=1", "/logout")]

    assert [["Partitioned" in header for header in headers] for headers in sent] == [
        [is_partitioned],
        [False, True] if is_partitioned else [False],
    ]
    assert all("Secure" in header for headers in sent for header in headers if "Partitioned" in header)


def cookies_of(response: Any) -> list[str]:
    """The ``Set-Cookie`` headers of the remember cookie."""
    return [header for header in response.headers.getlist("Set-Cookie") if header.startswith(REMEMBER)]
