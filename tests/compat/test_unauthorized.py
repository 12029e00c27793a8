"""The responses to refused users, and where these are redirected to."""

from collections.abc import Callable
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import pytest
from quart import Blueprint, Response, get_flashed_messages, jsonify, request, session
from quart.testing import QuartClient

from compat import (
    fresh_login_required,
    login_required,
    login_url,
    make_next_param,
    set_login_view,
)

from .site import Kind, Site, as_kind, close_browser, listening, names, text


@pytest.fixture
def site() -> Site:
    """A site with a login view, and a page that shows what was flashed."""
    site = Site()
    site.manager.login_view = "login"

    @site.app.route("/flashes")
    async def flashes() -> Response:
        return jsonify(get_flashed_messages(with_categories=True))

    @site.app.route("/reauthenticate")
    async def reauthenticate() -> str:
        return str(session.pop("next", ""))

    return site


async def flashed(client: QuartClient) -> list[list[str]]:
    """The messages that have been flashed."""
    messages: list[list[str]] = await (await client.get("/flashes")).get_json()
    return messages


async def test_without_a_login_view_it_is_401(site: Site) -> None:
    """Without a login view a visitor gets 401, and nothing is flashed."""
    site.manager.login_view = None
    client = site.client()

    assert (await client.get("/members")).status_code == 401
    assert await flashed(client) == []


async def test_visitors_are_sent_to_log_in(site: Site) -> None:
    """Visitors are redirected to the login view, with the refused page in ``next`` and a flashed message."""
    client = site.client()

    with listening(site.app) as heard:
        response = await client.get("/members?tab=1&x=%C3%A9")

    assert (response.status_code, response.location) == (
        302,
        "/login?next=%2Fmembers%3Ftab%3D1%26x%3D%C3%A9",
    )
    assert names(heard) == ["user_accessed", "user_unauthorized"]
    assert await flashed(client) == [["message", "Please log in to access this page."]]


async def test_users_are_sent_to_reauthenticate(site: Site) -> None:
    """A user with a stale login is redirected to the refresh view, with its message and its signal."""
    site.manager.refresh_view = "reauthenticate"
    client = await site.logged_in("remember=1")
    close_browser(client)

    with listening(site.app) as heard:
        response = await client.get("/private")

    assert (response.status_code, response.location) == (302, "/reauthenticate?next=%2Fprivate")
    assert names(heard)[-1] == "user_needs_refresh"
    assert await flashed(client) == [["message", "Please reauthenticate to access this page."]]


async def test_without_a_refresh_view_it_is_401(site: Site) -> None:
    """Without a refresh view a stale login gets 401, even with a login view."""
    client = await site.logged_in("stale=1")

    assert (await client.get("/private")).status_code == 401


async def test_visitors_of_fresh_pages_are_sent_to_log_in(site: Site) -> None:
    """On a page for fresh logins a visitor is redirected to the login view."""
    response = await site.client().get("/private")

    assert response.location == "/login?next=%2Fprivate"


@pytest.mark.parametrize(
    ("view", "location"),
    [
        ("login", "/login?next=%2Fmembers"),
        ("/log-in", "/log-in?next=%2Fmembers"),
        ("/log-in?lang=de&a=", "/log-in?lang=de&a=&next=%2Fmembers"),
        ("http://localhost/log-in", "http://localhost/log-in?next=%2Fmembers"),
        ("https://auth.example/log-in", "https://auth.example/log-in?next=http%3A%2F%2Flocalhost%2Fmembers"),
        ("/anmelden/für", "/anmelden/f%C3%BCr?next=%2Fmembers"),
    ],
)
async def test_login_views_may_be_urls(site: Site, view: str, location: str) -> None:
    """The login view may be a URL; on another host ``next`` is absolute; the Location is ASCII."""
    site.manager.login_view = view

    assert (await site.client().get("/members")).headers["Location"] == location


async def test_message_and_category_can_be_changed(site: Site) -> None:
    """Message and category are attributes of the manager."""
    site.manager.login_message = "Who are you?"
    site.manager.login_message_category = "question"
    client = site.client()
    await client.get("/members")

    assert await flashed(client) == [["question", "Who are you?"]]


async def test_without_a_message_nothing_is_flashed(site: Site) -> None:
    """With a message of None nothing is flashed."""
    site.manager.login_message = None
    client = site.client()
    await client.get("/members")

    assert await flashed(client) == []


async def test_messages_are_translated(site: Site, kind: Kind) -> None:
    """The callback, sync or async, translates the message that is flashed."""
    translated: Callable[[str], Any] = as_kind(kind, lambda message: f"<{message}>")
    site.manager.localize_callback = translated
    site.manager.refresh_view = "reauthenticate"
    client = await site.logged_in("stale=1")
    await client.get("/private")
    await text(client, "/logout")
    await client.get("/members")

    assert [message for _, message in await flashed(client)] == [
        "<Please reauthenticate to access this page.>",
        "<Please log in to access this page.>",
    ]


async def test_handlers_answer_instead(site: Site, kind: Kind) -> None:
    """A handler, sync or async, makes the whole response, after the signal is sent."""
    site.manager.unauthorized_handler(as_kind(kind, lambda: ("who?", 418)))
    site.manager.needs_refresh_handler(as_kind(kind, lambda: ("again?", 419)))
    client = site.client()

    with listening(site.app) as heard:
        response = await client.get("/members")
    assert (response.status_code, await response.get_data()) == (418, b"who?")
    assert names(heard) == ["user_accessed", "user_unauthorized"]
    assert await flashed(client) == []

    await text(client, "/login?stale=1")
    response = await client.get("/private")
    assert (response.status_code, await response.get_data()) == (419, b"again?")


def test_setting_a_handler_returns_it(site: Site) -> None:
    """The decorators of handlers return the function unchanged."""

    async def answer() -> str:
        return ""

    assert site.manager.unauthorized_handler(answer) is answer is site.manager.unauthorized_callback
    assert site.manager.needs_refresh_handler(answer) is answer is site.manager.needs_refresh_callback


async def test_views_may_refuse_themselves(site: Site) -> None:
    """A view may await the manager's answers and return them."""

    @site.app.route("/refuse")
    async def refuse() -> Any:
        return await site.manager.unauthorized()

    @site.app.route("/again")
    async def again() -> Any:
        return await site.manager.needs_refresh()

    assert (await site.client().get("/refuse")).location == "/login?next=%2Frefuse"
    assert (await site.client().get("/again")).status_code == 401


# --- where the refused page is kept


async def test_the_page_may_be_kept_in_the_session(site: Site) -> None:
    """With ``USE_SESSION_FOR_NEXT`` the page is in the session instead of the URL, with "strong" protection, too."""
    site.app.config.update(USE_SESSION_FOR_NEXT=True, SESSION_PROTECTION="strong")
    site.manager.login_view = "reauthenticate"
    client = site.client()

    response = await client.get("/members?tab=1")

    assert response.location == "/reauthenticate"
    assert set(site.session_of(client)) == {"_flashes", "_id", "next"}
    await client.get("/whoami")
    assert await text(client, "/reauthenticate") == "/members?tab=1"


async def test_a_page_that_is_too_long_is_not_kept(site: Site) -> None:
    """A page too long for the session cookie is not kept; the page that was refused before is removed."""
    site.app.config.update(USE_SESSION_FOR_NEXT=True)
    client = site.client()
    await client.get("/members?tab=1")

    response = await client.get(f"/members?{token_urlsafe(2048)}")

    assert response.location == "/login"
    assert set(site.session_of(client)) == {"_flashes", "_id"}


@pytest.mark.parametrize(
    ("query", "is_kept"),
    [
        ("a" * 2_030, True),
        ("a" * 2_048, False),
        ("%25" * 300, True),
        ("%25" * 650, False),  # 5 characters for each in the Location
    ],
)
async def test_a_page_that_is_too_long_is_left_out(site: Site, query: str, is_kept: bool) -> None:
    """A page too long for ``safe_next_url``, or for the buffer of a proxy, is not in the URL of the login page."""
    response = await site.client().get(f"/members?{query}")

    kept = f"/login?{urlencode({'next': f'/members?{query}'})}"
    assert response.location == (kept if is_kept else "/login")


async def test_the_host_may_be_forced(site: Site) -> None:
    """``FORCE_HOST_FOR_REDIRECTS`` is the host of redirects, whatever ``Host`` the client sends."""
    site.app.config["FORCE_HOST_FOR_REDIRECTS"] = "good.example"

    response = await site.client().get("/members", headers={"Host": "bad.example"})

    assert response.location == "//good.example/login?next=%2Fmembers"


async def test_next_is_relative_whatever_the_host(site: Site) -> None:
    """``next`` does not contain the ``Host`` that the client sends."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}

    assert (await site.client().get("/members", headers=headers)).location == "/login?next=%2Fmembers"


@pytest.mark.parametrize(
    ("login", "current", "expected"),
    [
        ("/login", "http://localhost/profile", "/profile"),
        ("/login", "http://localhost/profile?a=1#top", "/profile?a=1"),
        ("http://localhost/login", "http://localhost/profile", "/profile"),
        ("https://localhost/login", "http://localhost/profile", "http://localhost/profile"),
        ("http://auth.localhost/login", "http://localhost/profile", "http://localhost/profile"),
    ],
)
def test_next_is_as_short_as_it_can_be(login: str, current: str, expected: str) -> None:
    """``next`` is path and query only, unless the login page is on another host."""
    assert make_next_param(login, current) == expected


async def test_login_urls_can_be_made(site: Site) -> None:
    """``login_url`` makes URLs with and without ``next``, and with another name for it."""
    async with site.app.test_request_context("/"):
        assert login_url("login") == "/login"
        assert login_url("login", "http://localhost/a") == "/login?next=%2Fa"
        assert login_url("login", "http://localhost/a", "then") == "/login?then=%2Fa"
        assert login_url("/login?next=old&b=2", "/new") == "/login?next=%2Fnew&b=2"


# --- blueprints


def blueprint(name: str) -> Blueprint:
    """A blueprint with one page for members."""
    made = Blueprint(name, __name__, url_prefix=f"/{name}")

    @made.route("/page")
    @login_required
    async def page() -> str:
        return request.path

    @made.route("/fresh")
    @fresh_login_required
    async def fresh() -> str:
        return request.path

    return made


async def locations(site: Site, *paths: str) -> list[str]:
    """The redirect targets for visitors of *paths*, without the query."""
    return [((await site.client().get(path)).location or "401").partition("?")[0] for path in paths]


async def test_blueprints_have_login_views_of_their_own(site: Site) -> None:
    """A blueprint's login view is in ``blueprint_login_views``; others use ``login_view``."""
    for name in ("shop", "club", "wiki"):
        site.app.register_blueprint(blueprint(name))
    site.manager.blueprint_login_views = {"shop": "/shop-login", "club": "login"}

    paths = ("/shop/page", "/shop/fresh", "/club/page", "/wiki/page", "/members")
    assert await locations(site, *paths) == ["/shop-login", "/shop-login", "/login", "/login", "/login"]


async def test_nested_blueprints_are_named_with_dots(site: Site) -> None:
    """A nested blueprint has its own entry and does not take its parent's, as in Flask-Login."""
    outer = blueprint("outer")
    outer.register_blueprint(blueprint("inner"))
    site.app.register_blueprint(outer)
    site.manager.blueprint_login_views = {"outer": "/outer-login"}
    paths = ("/outer/page", "/outer/inner/page")
    assert await locations(site, *paths) == ["/outer-login", "/login"]

    site.manager.blueprint_login_views["outer.inner"] = "/inner-login"
    assert await locations(site, *paths) == ["/outer-login", "/inner-login"]


async def test_set_login_view_sets_the_applications(site: Site) -> None:
    """``set_login_view`` without a blueprint sets ``login_view``, and can be called again."""
    async with site.app.app_context():
        set_login_view("/first")
        set_login_view("/second")

    assert await locations(site, "/members") == ["/second"]


async def test_set_login_view_sets_a_blueprints(site: Site) -> None:
    """``set_login_view`` with a blueprint does not affect others, in whatever order they are set."""
    shop, club = blueprint("shop"), blueprint("club")
    site.app.register_blueprint(shop)
    site.app.register_blueprint(club)
    async with site.app.app_context():
        set_login_view("/shop-login", blueprint=shop)
        assert await locations(site, "/shop/page", "/members") == ["/shop-login", "/login"]
        set_login_view("/members-login")
        set_login_view("/club-login", blueprint=club)

    paths = ("/shop/page", "/club/page", "/members")
    assert await locations(site, *paths) == ["/shop-login", "/club-login", "/members-login"]
