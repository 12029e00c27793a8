"""Code written for Quart-Auth's own API sees the same login, or fails loudly."""

from typing import Any

import pytest
import quart_auth
from quart import Quart, websocket
from quart.testing import QuartClient

import compat
from compat import IdentityConflict, LoginManager

from .site import REMEMBER, Site, close_browser, cookie, error, set_cookies, text


@pytest.fixture
def site() -> Site:
    """A site with views written for Quart-Auth."""
    site = Site()

    @site.app.route("/identity")
    async def identity() -> str:
        user = quart_auth.current_user
        return f"{user.auth_id} {await user.is_authenticated}"

    @site.app.route("/theirs")
    @quart_auth.login_required
    async def theirs() -> str:
        return f"{quart_auth.current_user.auth_id} {compat.current_user.name}"

    @site.app.route("/their-logout")
    async def their_logout() -> str:
        quart_auth.logout_user()
        return f"{quart_auth.current_user.auth_id} {compat.current_user.is_anonymous}"

    @site.app.route("/their-login")
    async def their_login() -> str:
        quart_auth.login_user(quart_auth.AuthUser("2"))
        return ""

    @site.app.route("/renew")
    async def renew() -> str:
        quart_auth.renew_login()
        return ""

    return site


async def test_the_identity_is_the_same(site: Site) -> None:
    """``quart_auth.current_user`` is our user, from session and cookie alike."""
    client = await site.logged_in("remember=1")
    assert await text(client, "/identity") == "1 True"

    close_browser(client)
    assert await text(client, "/identity") == "1 True"
    assert await text(site.client(), "/identity") == "None False"


async def test_their_decorator_guards(site: Site) -> None:
    """``quart_auth.login_required`` lets in the same users as ``login_required``."""
    assert await text(await site.logged_in(), "/theirs") == "1 susan"
    assert (await site.client().get("/theirs")).status_code == 401


async def test_their_decorator_refuses_inactive_and_missing_users(site: Site) -> None:
    """A signed id is not enough: the user has to exist and be active."""
    client = await site.logged_in()
    susan = site.people["1"]
    susan._is_active = False
    assert (await client.get("/theirs")).status_code == 401
    assert await text(client, "/identity") == "None False"

    site.people.clear()
    assert (await client.get("/theirs")).status_code == 401


async def test_their_answer_varies_by_cookie(site: Site) -> None:
    """A response that used Quart-Auth's API has ``Vary: Cookie``."""
    response = await (await site.logged_in()).get("/identity")

    assert response.headers["Vary"] == "Cookie"


async def test_login_and_logout_are_seen_at_once(site: Site) -> None:
    """Both APIs see a login or logout in the request that makes it."""

    @site.app.route("/both")
    async def both() -> str:
        said = [quart_auth.current_user.auth_id]
        compat.login_user(site.people["1"])
        said.append(quart_auth.current_user.auth_id)
        compat.login_user(site.people["2"])
        said.append(quart_auth.current_user.auth_id)
        compat.logout_user()
        said.append(quart_auth.current_user.auth_id)
        return str(said)

    assert await text(site.client(), "/both") == "[None, '1', '2', None]"


async def test_their_logout_logs_out(site: Site) -> None:
    """``quart_auth.logout_user`` ends the login and deletes the remember cookie."""
    client = await site.logged_in("remember=1")

    response = await client.get("/their-logout")

    assert await response.get_data(as_text=True) == "None True"
    assert set_cookies(response)[REMEMBER]["max-age"] == "0"
    assert await text(client, "/whoami") == "nobody"


async def test_their_login_is_an_error(site: Site) -> None:
    """``quart_auth.login_user`` gets only an id: it raises an error that says what to call, and logs nobody in."""
    client = site.client()

    found = await error(client, "/their-login")

    assert isinstance(found, IdentityConflict)
    assert "compat.login_user(user)" in str(found)
    assert await text(client, "/whoami") == "nobody"


async def test_renewing_remembers(site: Site) -> None:
    """``quart_auth.renew_login`` writes the remember cookie of the user."""
    client = await site.logged_in()
    await text(client, "/renew")

    assert cookie(client, REMEMBER) is not None
    close_browser(client)
    assert await text(client, "/whoami") == "susan"


async def test_renewing_nobody_writes_nothing(site: Site) -> None:
    """``quart_auth.renew_login`` sets no cookie for a visitor."""
    assert set_cookies(await site.client().get("/renew")) == {}


async def test_a_logout_after_renewing_wins(site: Site) -> None:
    """After ``renew_login`` a logout in the same request still deletes the remember cookie."""

    @site.app.route("/renew-and-leave")
    async def renew_and_leave() -> str:
        quart_auth.renew_login()
        compat.logout_user()
        return ""

    client = await site.logged_in()
    await text(client, "/renew-and-leave")

    assert cookie(client, REMEMBER) is None


async def test_websockets_have_their_identity(site: Site) -> None:
    """``quart_auth.current_user`` is our user in websockets, too."""

    @site.app.websocket("/ws")
    @quart_auth.login_required
    async def socket() -> None:
        await websocket.send(str(quart_auth.current_user.auth_id))

    client = await site.logged_in()
    async with client.websocket("/ws") as connection:
        assert await connection.receive() == "1"


async def test_templates_see_our_user(site: Site) -> None:
    """Quart-Auth's context processor does not hide ``current_user``."""
    from quart import render_template_string

    @site.app.route("/page")
    async def page() -> str:
        return await render_template_string("{{ current_user.name }}")

    assert await text(await site.logged_in(), "/page") == "susan"


def test_an_earlier_quart_auth_is_an_error() -> None:
    """``init_app`` is an error if the application has a Quart-Auth already: there would be two users."""
    app = Quart(__name__)
    quart_auth.QuartAuth(app)

    with pytest.raises(IdentityConflict, match="singleton=False"):
        LoginManager[Any](app)


async def test_a_later_quart_auth_is_an_error() -> None:
    """A Quart-Auth that is added later is an error when it is added, or at the first request."""
    site = Site()
    site.people["1"].name = "susan"
    try:
        quart_auth.QuartAuth(site.app, attribute_name="_other", cookie_name="other", salt="other")
    except IdentityConflict:
        return

    assert isinstance(await error(site.client(), "/whoami"), IdentityConflict)


def test_a_second_quart_auth_may_be_no_singleton() -> None:
    """An extension for another purpose, such as an API's bearer tokens, is not a conflict."""
    app = Quart(__name__)
    quart_auth.QuartAuth(app, singleton=False, mode="bearer", attribute_name="_api", cookie_name="api", salt="api")

    LoginManager[Any](app)


def test_two_managers_are_one_extension() -> None:
    """The later manager replaces the first; hooks are not installed twice."""
    site = Site()
    later = LoginManager[Any](site.app)

    assert site.app.login_manager is later  # type: ignore[attr-defined]
    assert len(site.app.extensions["QUART_AUTH"]) == 1


async def test_one_manager_may_serve_two_applications() -> None:
    """Each application has its own configuration and its own cookies."""
    site = Site()
    other = Quart(__name__)
    other.config.update(SECRET_KEY="another", REMEMBER_COOKIE_NAME="other_token")
    site.manager.init_app(other)

    @other.route("/login")
    async def login() -> str:
        return str(compat.login_user(site.people["2"], remember=True))

    client = QuartClient(other)
    await text(client, "/login")

    assert cookie(client, "other_token") is not None
    assert cookie(await site.logged_in("remember=1"), REMEMBER) is not None
