"""``Vary: Cookie`` is added to each response that depends on the user, and to no other."""

from collections.abc import Callable

import pytest
from quart import Response

import compat
from compat import LoginClient, current_user, load_user, login_fresh, login_remembered

from .site import REMEMBER, Site, close_browser, plain_vary, put_cookie, text


async def look() -> None:
    """Read the user."""
    await load_user()


LOOKS: dict[str, Callable[[], object]] = {
    "current_user": lambda: current_user.is_authenticated,
    "bool": lambda: bool(current_user),
    "login_fresh": login_fresh,
    "login_remembered": login_remembered,
    "load_user": look,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
@pytest.mark.parametrize("logged_in", [True, False])
async def test_answers_that_depend_on_the_user_vary(site: Site, look: Callable[[], object], logged_in: bool) -> None:
    """Every way to read the user adds ``Vary: Cookie``, for users and visitors."""

    @site.app.route("/look")
    async def view() -> str:
        found = look()
        if hasattr(found, "__await__"):
            await found
        return ""

    client = LoginClient(site.app, user=site.people["1"] if logged_in else None)

    assert (await client.get("/look")).headers["Vary"] == "Cookie"


@pytest.mark.parametrize("path", ["/members", "/private", "/logout", "/confirm", "/login", "/login?remember=1"])
async def test_refusals_logins_and_logouts_vary(site: Site, path: str) -> None:
    """Refusals, logins and logouts add ``Vary: Cookie``, for visitors and users."""
    for client in (site.client(), LoginClient(site.app, user=site.people["1"])):
        assert (await client.get(path)).headers["Vary"] == "Cookie"


@pytest.mark.parametrize("cookies", ["none", "session", "remember"])
async def test_answers_that_do_not_read_the_user_do_not_vary(site: Site, cookies: str) -> None:
    """A page that does not read the user has the ``Vary`` of plain Quart, even if the client sends cookies."""
    client = LoginClient(site.app, user=None if cookies == "none" else site.people["1"], remember=True)
    if cookies == "remember":
        close_browser(client)

    for path in ("/public", "/unknown"):
        assert (await client.get(path)).headers.get("Vary") == await plain_vary()


async def test_setting_the_remember_cookie_varies() -> None:
    """A response that refreshes the remember cookie has ``Vary: Cookie``, even if the user was not read."""
    site = Site(REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)
    client = await site.logged_in("remember=1")

    response = await client.get("/public")

    assert any(header.startswith(REMEMBER) for header in response.headers.getlist("Set-Cookie"))
    assert response.headers["Vary"] == "Cookie"


@pytest.mark.parametrize(
    ("vary", "expected"),
    [
        ("Accept-Encoding", {"accept-encoding", "cookie"}),
        ("cookie", {"cookie"}),
        ("Accept, COOKIE", {"accept", "cookie"}),
    ],
)
async def test_the_views_own_vary_is_kept(site: Site, vary: str, expected: set[str]) -> None:
    """``Cookie`` is added once to the ``Vary`` of the view, and does not replace it."""

    @site.app.route("/vary")
    async def view() -> Response:
        assert not current_user.is_authenticated
        return Response("", headers={"Vary": vary})

    response = await site.client().get("/vary")

    said = [part.strip().lower() for header in response.headers.getlist("Vary") for part in header.split(",")]
    assert sorted(said) == sorted(expected)


async def test_faults_vary(site: Site) -> None:
    """The response to an error of the loader has ``Vary: Cookie``."""
    client = LoginClient(site.app, user=site.people["1"])
    site.fault = RuntimeError("no database")

    response = await client.get("/whoami")

    assert (response.status_code, response.headers["Vary"]) == (500, "Cookie")


async def test_forged_cookies_vary(site: Site) -> None:
    """A response to a forged cookie has ``Vary: Cookie``, because the cookie was read."""
    client = site.client()
    put_cookie(client, REMEMBER, "forged")

    assert (await client.get("/whoami")).headers["Vary"] == "Cookie"
    assert await text(client, "/whoami") == "nobody"
    assert compat.COOKIE_NAME == REMEMBER
