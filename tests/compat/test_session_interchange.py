"""Moving an application from Flask to Quart, or back, keeps every login."""

from typing import Any

import pytest
from quart.testing import QuartClient

from . import flask_side
from .site import REMEMBER, Site, cookie, put_cookie, set_cookies, text

ADDRESS, AGENT = "192.0.2.7", "a browser"
HERE: dict[str, Any] = {"headers": {"User-Agent": AGENT}, "scope_base": {"client": (ADDRESS, 4711)}}
MODES = ["basic", "strong", None]


def from_flask(path: str, cookies: dict[str, str], **config: Any) -> tuple[str, dict[str, str]]:
    """Send a request for *path* to the Flask application."""
    return flask_side.get(flask_side.flask_application(**config), path, cookies, address=ADDRESS, agent=AGENT)


def cookies_of(client: QuartClient) -> dict[str, str]:
    """The cookies that a browser would send to the Flask application."""
    found = {name: cookie(client, name) for name in ("session", REMEMBER)}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("mode", MODES)
async def test_a_login_made_by_flask_is_one_here(mode: str | None) -> None:
    """A session of Flask-Login is a login here, with the same freshness, and is not rewritten."""
    _, cookies = from_flask("/login", {}, SESSION_PROTECTION=mode)
    site = Site(SESSION_PROTECTION=mode)
    client = site.client()
    put_cookie(client, "session", cookies["session"])

    response = await client.get("/fresh", **HERE)

    assert await response.get_data(as_text=True) == "True"
    assert set_cookies(response) == {}
    assert await text(client, "/whoami", **HERE) == "susan"


@pytest.mark.parametrize("mode", MODES)
async def test_a_login_made_here_is_one_in_flask(mode: str | None) -> None:
    """A session of this library is a login in Flask-Login."""
    site = Site(SESSION_PROTECTION=mode)
    client = site.client()
    await text(client, "/login", **HERE)
    cookies = cookies_of(client)

    assert from_flask("/fresh", cookies, SESSION_PROTECTION=mode)[0] == "True"
    assert from_flask("/whoami", cookies, SESSION_PROTECTION=mode)[0] == "1"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("query", ["remember=1", "remember=1&seconds=600"])
async def test_flasks_remember_cookie_is_accepted_here(mode: str | None, query: str) -> None:
    """Flask-Login's remember cookie brings its user back."""
    _, cookies = from_flask(f"/login?{query}", {}, SESSION_PROTECTION=mode)
    site = Site(SESSION_PROTECTION=mode)
    client = site.client()
    put_cookie(client, REMEMBER, cookies[REMEMBER])

    assert await text(client, "/whoami", **HERE) == "susan"
    assert await text(client, "/fresh", **HERE) == "False"


@pytest.mark.parametrize("mode", MODES)
async def test_our_remember_cookie_is_accepted_by_flask(mode: str | None) -> None:
    """While ``REMEMBER_COOKIE_ISSUE`` is ``"flask-login"``, Flask-Login reads our remember cookies."""
    site = Site(SESSION_PROTECTION=mode, REMEMBER_COOKIE_ISSUE="flask-login")
    client = site.client()
    await text(client, "/login?remember=1", **HERE)
    remember_cookie = {REMEMBER: cookies_of(client)[REMEMBER]}

    assert from_flask("/whoami", remember_cookie, SESSION_PROTECTION=mode)[0] == "1"
    assert from_flask("/fresh", remember_cookie, SESSION_PROTECTION=mode)[0] == "False"


async def test_timed_tokens_are_ignored_by_flask() -> None:
    """Flask-Login ignores a timed token, without an error."""
    client = await Site().logged_in("remember=1")

    assert from_flask("/whoami", {REMEMBER: cookies_of(client)[REMEMBER]})[0] == "nobody"


async def test_back_and_forth() -> None:
    """A client whose requests reach either application stays the same user."""
    site = Site()
    _, cookies = from_flask("/login?remember=1", {})
    client = site.client()
    for _ in range(3):
        for name, value in cookies.items():
            put_cookie(client, name, value)
        assert await text(client, "/fresh", **HERE) == "True"
        body, cookies = from_flask("/fresh", cookies_of(client))
        assert body == "True"


async def test_logging_out_here_ends_flasks_cookies() -> None:
    """A logout ends the session's login of Flask-Login and deletes its remember cookie."""
    _, cookies = from_flask("/login?remember=1", {})
    client = Site().client()
    for name, value in cookies.items():
        put_cookie(client, name, value)

    await text(client, "/logout", **HERE)

    assert cookies_of(client) == {}


async def test_ids_that_are_numbers_stay_numbers() -> None:
    """An application whose ``get_id`` gives a number finds a number in the session."""
    site = Site()
    client = site.client()
    put_cookie(client, "session", site.seal_session({"_user_id": 1, "_fresh": True}))

    assert await text(client, "/whoami") == "susan"
    assert site.loads == [1]
