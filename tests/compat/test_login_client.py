"""Test clients that are logged in."""

from typing import Any

import pytest
from quart import Quart, websocket
from quart.sessions import SecureCookieSession, SessionInterface

from compat import ConfigurationError, FlaskLoginClient, LoginClient, NotInitialised

from .site import REMEMBER, Kind, Site, close_browser, cookie, text

MODES = ["basic", "strong", None]


@pytest.mark.parametrize("mode", MODES)
async def test_it_is_logged_in(kind: Kind, mode: str | None) -> None:
    """The user is logged in and fresh in every request, with every mode of session protection."""
    site = Site(kind, SESSION_PROTECTION=mode)
    client = LoginClient(site.app, user=site.people["1"])

    for _ in range(2):
        assert await text(client, "/members") == "welcome susan"
        assert await text(client, "/private") == "just you, susan"


@pytest.mark.parametrize("mode", MODES)
async def test_it_may_be_stale(mode: str | None) -> None:
    """``fresh_login=False`` is a login that is not fresh."""
    site = Site(SESSION_PROTECTION=mode)
    client = LoginClient(site.app, user=site.people["1"], fresh_login=False)

    assert await text(client, "/members") == "welcome susan"
    assert (await client.get("/private")).status_code == 401


@pytest.mark.parametrize("mode", MODES)
async def test_it_may_be_remembered(mode: str | None) -> None:
    """``remember=True`` gives it a remember cookie as well."""
    site = Site(SESSION_PROTECTION=mode)
    client = LoginClient(site.app, user=site.people["1"], remember=True)
    assert await text(client, "/fresh") == "True"
    assert await text(client, "/remembered") == "True"

    close_browser(client)
    assert await text(client, "/members") == "welcome susan"
    assert await text(client, "/fresh") == "False"


async def test_it_is_nobody_without_a_user(site: Site) -> None:
    """Without ``user`` it is an ordinary client, which can log in."""
    client = LoginClient(site.app)
    assert cookie(client, "session") is None
    assert await text(client, "/whoami") == "nobody"

    await text(client, "/login")
    assert await text(client, "/whoami") == "susan"


async def test_it_can_log_out(site: Site) -> None:
    """The client can log out: its cookies are real ones."""
    client = LoginClient(site.app, user=site.people["1"], remember=True)

    await text(client, "/logout")

    assert await text(client, "/whoami") == "nobody"
    assert cookie(client, REMEMBER) is None


@pytest.mark.parametrize("mode", MODES)
async def test_its_websockets_are_logged_in(mode: str | None) -> None:
    """Its websockets are logged in, with session protection, too."""
    from compat import current_user, fresh_login_required

    site = Site(SESSION_PROTECTION=mode)

    @site.app.websocket("/ws")
    @fresh_login_required
    async def socket() -> None:
        await websocket.send(current_user.name)

    client = LoginClient(site.app, user=site.people["1"])
    async with client.websocket("/ws") as connection:
        assert await connection.receive() == "susan"


async def test_it_is_the_applications_test_client(site: Site) -> None:
    """``app.test_client_class`` and ``app.test_client(user=...)`` work as in Flask-Login."""
    site.app.test_client_class = LoginClient  # type: ignore[assignment]  # as Quart documents it

    client: Any = site.app.test_client(user=site.people["2"], fresh_login=False)

    assert await text(client, "/whoami") == "henry"
    assert await text(client, "/fresh") == "False"


async def test_its_login_has_an_age() -> None:
    """With ``FRESH_LOGIN_DURATION`` the login is fresh, too."""
    site = Site(FRESH_LOGIN_DURATION=600)

    assert await text(LoginClient(site.app, user=site.people["1"]), "/fresh") == "True"


async def test_it_works_with_a_server_name() -> None:
    """Cookies are for the host that the application is configured for."""
    site = Site(SERVER_NAME="app.example")

    assert await text(LoginClient(site.app, user=site.people["1"]), "/whoami") == "susan"


@pytest.mark.parametrize(
    ("mode", "who", "fresh"), [("basic", "susan", "False"), ("strong", "nobody", "False"), (None, "susan", "True")]
)
async def test_flask_login_client_is_flask_logins(mode: str | None, who: str, fresh: str) -> None:
    """Flask-Login's own client writes no identifier, so "basic" makes it stale and "strong" refuses it."""
    site = Site(SESSION_PROTECTION=mode)

    assert await text(FlaskLoginClient(site.app, user=site.people["1"]), "/whoami") == who
    assert await text(FlaskLoginClient(site.app, user=site.people["1"]), "/fresh") == fresh


class Store(SessionInterface):
    """Keeps sessions in memory, each under the id in its cookie."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    async def open_session(self, app: Quart, request: Any) -> SecureCookieSession:
        return SecureCookieSession(self.kept.get(request.cookies.get("session")))

    async def save_session(self, app: Quart, session: Any, response: Any) -> None:
        if response is not None and session.modified:
            self.kept["1"] = dict(session)
            response.set_cookie("session", "1")


async def test_sessions_on_a_server(site: Site) -> None:
    """If sessions are kept on a server, the first request logs in, and a websocket needs one before it."""
    site.app.session_interface = Store()  # type: ignore[assignment]  # as Quart documents it
    client = LoginClient(site.app, user=site.people["1"])

    with pytest.raises(RuntimeError, match="first request"):
        client.websocket("/socket")
    assert await text(client, "/whoami") == "susan"
    client.websocket("/socket")


def test_it_says_so_if_there_is_no_key() -> None:
    """Without a secret key the client raises an error that says so."""
    site = Site(SECRET_KEY=None)

    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        LoginClient(site.app, user=site.people["1"])


def test_it_says_so_if_there_is_no_manager() -> None:
    """Without a LoginManager the client raises an error that says so."""
    app = Quart(__name__)
    app.secret_key = "k"

    with pytest.raises(NotInitialised):
        LoginClient(app, user=Site().people["1"])


async def test_sessions_can_be_looked_into(site: Site) -> None:
    """``session_transaction`` works with this client."""
    client = LoginClient(site.app, user=site.people["1"])

    async with client.session_transaction() as content:
        assert content["_user_id"] == "1"
        content["_user_id"] = "2"

    assert await text(client, "/whoami") == "henry"
