"""A request that finds nobody overwrites no cookie: another tab may have logged in, or renewed the id, meanwhile."""

from typing import Any

import pytest
from quart import request, session

from compat import current_user, login_fresh, login_required, login_user

from .site import REMEMBER, Person, Site, close_browser, cookie, put_cookie, set_cookies, text

PHONE = {"User-Agent": "a phone"}


def renew_id(site: Site) -> None:
    """Give susan another id, as an application does whose ids change with the password."""
    site.people["renewed"] = site.people.pop("1")
    site.people["renewed"].id = "renewed"


@pytest.mark.parametrize("headers", [{}, PHONE])
@pytest.mark.parametrize("path", ["/whoami", "/members", "/private", "/fresh", "/remembered", "/public"])
async def test_an_id_of_nobody_is_left_alone(site: Site, path: str, headers: dict[str, str]) -> None:
    """No response to the old id sets or deletes a cookie, from the same client or another; it is nobody's."""
    site.manager.login_view = "login"
    client = await site.logged_in("remember=1")
    renew_id(site)

    response = await client.get(path, headers=headers)

    assert set_cookies(response) == {}
    assert await text(client, "/whoami") == "nobody"


@pytest.mark.parametrize("path", ["/whoami", "/members"])
async def test_a_session_of_nobody_is_not_marked(site: Site, path: str) -> None:
    """Session protection writes nothing into the session of a visitor who has not logged in."""
    client = site.client()
    await text(client, "/basket")
    response = await client.get(path, headers=PHONE)
    assert set_cookies(response) == {}


@pytest.mark.parametrize("path", ["/whoami", "/public"])
async def test_a_permanent_session_of_nobody_is_not_sent_again(site: Site, path: str) -> None:
    """Nor is a remember cookie, if each request refreshes it."""
    site.app.config["REMEMBER_COOKIE_REFRESH_EACH_REQUEST"] = True
    client = await site.logged_in("remember=1")
    put_cookie(client, "session", site.seal_session({**site.session_of(client), "_permanent": True}))
    assert set(set_cookies(await client.get(path))) == {"session", REMEMBER}
    renew_id(site)

    assert set_cookies(await client.get(path)) == {}


@pytest.mark.parametrize("unusable", ["nonsense", "", "1|wrong"])
async def test_an_unusable_remember_cookie_is_left_alone(site: Site, unusable: str) -> None:
    """Another tab may have replaced it."""
    client = site.client()
    put_cookie(client, REMEMBER, unusable)
    assert set_cookies(await client.get("/whoami")) == {}


async def test_a_slow_tab_undoes_no_renewal(site: Site) -> None:
    """The browser that renewed its id stays logged in, whatever the other tab is answered."""
    client = await site.logged_in()
    tab = site.client()
    put_cookie(tab, "session", cookie(client, "session") or "")
    renew_id(site)
    await text(client, "/login?user=renewed")

    for path in ("/whoami", "/members", "/private"):
        for name, morsel in set_cookies(await tab.get(path)).items():
            put_cookie(client, name, morsel.value)
        assert await text(client, "/whoami") == "susan"


async def test_what_the_application_writes_is_sent(site: Site) -> None:
    """The application's own keys are written as ever, and so is a login over the id of nobody."""

    @site.app.route("/again")
    async def again() -> str:
        site.people["1"] = Person("1", "susan")
        assert not current_user.is_authenticated
        return str(login_user(site.people["1"], remember=True))

    client = await site.logged_in()
    renew_id(site)
    await text(client, "/basket")
    assert site.session_of(client)["basket"] == "full"
    assert set(set_cookies(await client.get("/again"))) == {"session", REMEMBER}
    assert await text(client, "/whoami") == "susan"


async def test_a_logout_over_nobody_is_sent(site: Site) -> None:
    """Logging out removes the id of nobody, and deletes the remember cookie, as ever."""
    client = await site.logged_in("remember=1")
    renew_id(site)
    assert {name: each.value for name, each in set_cookies(await client.get("/logout")).items()} == {
        "session": "",
        REMEMBER: "",
    }


@pytest.mark.parametrize("is_kept", [True, False])
async def test_the_message_for_a_missing_user(site: Site, is_kept: bool) -> None:
    """It is flashed, and the refused page kept, if ``flash_for_missing_user`` is set."""
    site.manager.login_view = "login"
    site.manager.flash_for_missing_user = is_kept
    site.app.config["USE_SESSION_FOR_NEXT"] = True
    client = await site.logged_in()
    renew_id(site)
    assert (await client.get("/members")).location == "/login"
    assert {key for key in ("_flashes", "next") if key in site.session_of(client)} == (
        {"_flashes", "next"} if is_kept else set()
    )


async def test_a_user_of_the_request_over_an_id_of_nobody(site: Site) -> None:
    """An API key beside the old session logs in for this request, and the session is left alone."""

    @site.manager.request_loader
    async def by_key(connection: Any) -> Person | None:
        return site.people["2"] if "X-Api-Key" in connection.headers else None

    @site.app.route("/looks")
    @login_required
    async def looks() -> str:
        return f"{current_user.name} {login_fresh()} {'_user_id' in session} {request.method}"

    client = await site.logged_in()
    renew_id(site)
    response = await client.get("/looks", headers={"X-Api-Key": "x", **PHONE})
    assert await response.get_data(as_text=True) == "henry False True GET"
    assert set_cookies(response) == {}


async def test_a_closed_browser_is_remembered_as_ever(site: Site) -> None:
    """A remember cookie that gives a user still begins a session."""
    client = await site.logged_in("remember=1")
    close_browser(client)
    assert set(set_cookies(await client.get("/whoami"))) == {"session"}
