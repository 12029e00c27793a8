"""``SESSION_IDENTIFIER``: a login that the other application knows, if it runs on Flask-Login's main branch."""

from __future__ import annotations

from typing import Any

import pytest
from quart import session

from compat import ConfigurationError, LoginManager, confirm_login, login_user
from compat.protection import hash_client

from . import flask_side
from .site import REMEMBER, Site, cookie, error, put_cookie, text

ADDRESS, AGENT = "192.0.2.7", "a browser"
HERE: dict[str, Any] = {"headers": {"User-Agent": AGENT}, "scope_base": {"client": (ADDRESS, 4711)}}
OLD, NEW = "flask-login-0.6", "flask-login-0.7"
#: Each value, and the Flask-Login that knows it.
SIDES = {OLD: flask_side.flask_application, NEW: flask_side.main_branch_application}
#: Made by ``flask_login.utils._create_identifier`` of Flask-Login's main branch, 0.7.0.dev at commit c8bba84.
MADE_BY_MAIN = {
    (ADDRESS, AGENT): "4d9f4fee16f370e04085dfd181ba62e4a51be37fc2598c0fc0e99fbc3a984021"
    "bfd0de7ed0f160267f68115b6e5a16e0aea7391ed4adcaa0f9a94b2b12d299f0",
    (ADDRESS, None): "7e15c1483099fa44eb17d2bd7ec79a7544dd1fe77c34e7c698c3a3ad66bf8d01"
    "bc168b51c32ee59c2f1cab134853cd6025fff1fc17b6531e9473eb1a6fde48c6",
    (None, AGENT): "846914706d62d7054adbfbb3bfc93cdcf8671dfe6e2caf808179ac0dd134fcc5"
    "a33fd14822c01b69a536efb3ace892ce867ad66ee1742fb55d2244867db939a0",
}


@pytest.mark.parametrize("client", MADE_BY_MAIN)
def test_the_identifier_is_that_of_the_main_branch(client: tuple[str | None, str | None]) -> None:
    """The identifier is what Flask-Login's main branch made for the same client."""
    assert hash_client(*client)[1] == MADE_BY_MAIN[client] == flask_side.identify(*client)


@pytest.mark.parametrize("mode", ["basic", "strong"])
@pytest.mark.parametrize("knows", SIDES)
@pytest.mark.parametrize("writes", SIDES)
async def test_each_flask_login_knows_its_own(mode: str, writes: str, knows: str) -> None:
    """A login is fresh at the Flask-Login whose identifier was written; at the other it is stale, or ended."""
    site = Site(SESSION_IDENTIFIER=writes)
    client = site.client()
    await text(client, "/login", **HERE)
    cookies = {"session": str(cookie(client, "session"))}

    app = SIDES[knows](SESSION_PROTECTION=mode)
    who, _ = flask_side.get(app, "/whoami", cookies, address=ADDRESS, agent=AGENT)
    fresh, _ = flask_side.get(app, "/fresh", cookies, address=ADDRESS, agent=AGENT)

    assert (who, fresh) == (
        ("1", "True") if writes == knows else ("1", "False") if mode == "basic" else ("nobody", "False")
    )


@pytest.mark.parametrize("mode", ["basic", "strong"])
@pytest.mark.parametrize("setting", SIDES)
@pytest.mark.parametrize("there", SIDES)
async def test_both_are_known_here(mode: str, setting: str, there: str) -> None:
    """A login of either Flask-Login is fresh here, whatever is written here, and is left as it is."""
    _, cookies = flask_side.get(SIDES[there](), "/login", {}, address=ADDRESS, agent=AGENT)
    site = Site(SESSION_IDENTIFIER=setting, SESSION_PROTECTION=mode)
    client = site.client()
    put_cookie(client, "session", cookies["session"])

    assert await text(client, "/fresh", **HERE) == "True"
    assert cookie(client, "session") == cookies["session"]


async def test_whatever_writes_a_login_writes_this_identifier() -> None:
    """A restored login, a confirmed one and a refused page that is kept have the identifier of the setting."""
    site = Site(SESSION_IDENTIFIER=NEW, USE_SESSION_FOR_NEXT=True)
    site.manager.login_view = "/login"
    client = site.client()
    await text(client, "/login?remember", **HERE)
    remembered = {REMEMBER: str(cookie(client, REMEMBER))}

    for path, cookies in (("/whoami", remembered), ("/confirm", {}), ("/members", {})):
        browser = site.client()
        for name, value in cookies.items():
            put_cookie(browser, name, value)
        await browser.get(path, **HERE)
        assert site.session_of(browser)["_id"] == MADE_BY_MAIN[ADDRESS, AGENT], path


async def test_a_generator_of_ones_own_is_not_asked_for_a_form() -> None:
    """The setting chooses between Flask-Login's identifiers, and not the application's own."""
    site = Site(SESSION_IDENTIFIER=NEW)
    site.manager._session_identifier_generator = lambda: "mine"
    client = await site.logged_in()

    assert site.session_of(client)["_id"] == "mine"


@pytest.mark.parametrize("value", ["flask-login", None, 0.7])
async def test_an_unknown_value_is_an_error(value: object) -> None:
    """An unknown value is an error that names the right ones, and nobody is logged in."""
    site = Site(SESSION_IDENTIFIER=value)
    manager: LoginManager[Any] = site.manager

    raised = await error(site.client(), "/login")
    async with site.app.test_request_context("/"):
        for write in (lambda: login_user(site.people["1"]), confirm_login):
            with pytest.raises(ConfigurationError, match=r"SESSION_IDENTIFIER = .*flask-login-0.7"):
                write()
        assert dict(session) == {}

    assert isinstance(raised, ConfigurationError)
    assert manager.session_protection == "basic"
