"""Loaders that raise: the error is raised where the user is read, and never taken for "anonymous"."""

from collections.abc import Callable

import pytest
from quart import Response, render_template_string
from quart.testing import QuartClient

from compat import AnonymousUserMixin, LoaderFailed, LoginClient, current_user, login_user

from .site import Person, Site, close_browser, error, listening, names, set_cookies, text

FAULTS = [
    pytest.param(RuntimeError("no database"), RuntimeError, id="RuntimeError"),
    pytest.param(KeyError("no database"), KeyError, id="KeyError"),
    pytest.param(AttributeError("no database"), LoaderFailed, id="AttributeError"),
    pytest.param(TimeoutError("no database"), TimeoutError, id="TimeoutError"),
    pytest.param(StopIteration("no database"), Exception, id="StopIteration"),
]

HENRY = Person("2", "henry")

LOOKS: dict[str, Callable[[], object]] = {
    "attribute": lambda: current_user.is_authenticated,
    "bool": lambda: bool(current_user),
    "isinstance": lambda: isinstance(current_user, AnonymousUserMixin),
    "hasattr": lambda: hasattr(current_user, "is_admin"),
    "getattr with default": lambda: getattr(current_user, "is_authenticated", False),
    "equality": lambda: current_user == HENRY,
    "inequality": lambda: current_user != HENRY,
    "equality with no user": lambda: current_user == object(),
    "inequality with no user": lambda: current_user != object(),
}


@pytest.fixture
def broken(site: Site) -> tuple[Site, QuartClient]:
    """A site whose client is logged in."""
    return site, LoginClient(site.app, user=site.people["1"], remember=True)


@pytest.mark.parametrize(("fault", "raised"), FAULTS)
@pytest.mark.parametrize("look", LOOKS)
async def test_every_access_raises(
    broken: tuple[Site, QuartClient], fault: Exception, raised: type[Exception], look: str
) -> None:
    """Every way to read the user raises the loader's error; none says "anonymous"."""
    site, client = broken
    site.fault = fault

    @site.app.route("/look")
    async def view() -> str:
        return str(LOOKS[look]())

    found = await error(client, "/look")
    assert isinstance(found, raised)
    assert "no database" in f"{found} {found.__cause__}"


@pytest.mark.parametrize(("fault", "raised"), FAULTS)
@pytest.mark.parametrize(
    "template", ["{% if current_user.is_authenticated %}in{% endif %}", "{% if current_user %}in{% endif %}"]
)
async def test_templates_raise(
    broken: tuple[Site, QuartClient], fault: Exception, raised: type[Exception], template: str
) -> None:
    """A template that reads the user fails, instead of rendering the page of a visitor."""
    site, client = broken
    site.fault = fault

    @site.app.route("/page")
    async def view() -> str:
        return await render_template_string(template)

    found = await error(client, "/page")
    assert isinstance(found, raised)
    assert "no database" in f"{found} {found.__cause__}"


async def test_template_without_the_user_renders(broken: tuple[Site, QuartClient]) -> None:
    """A template that does not read the user renders while the loader fails."""
    site, client = broken
    site.fault = RuntimeError("no database")

    @site.app.route("/page")
    async def view() -> str:
        return await render_template_string("welcome")

    assert await text(client, "/page") == "welcome"


async def test_page_without_the_user_works(broken: tuple[Site, QuartClient]) -> None:
    """A view that does not read the user works while the loader fails."""
    site, client = broken
    site.fault = RuntimeError("no database")

    assert await text(client, "/public") == "for everybody"


@pytest.mark.parametrize("path", ["/whoami", "/members", "/private", "/logout", "/public"])
async def test_fault_sets_no_cookie(site: Site, path: str) -> None:
    """While a loader fails, responses set no cookie."""
    client = await site.logged_in("remember=1")
    close_browser(client)
    site.fault = RuntimeError("no database")

    response: Response = await client.get(path)

    assert response.status_code == (200 if path == "/public" else 500)
    assert set_cookies(response) == {}

    site.fault = None
    assert await text(client, "/whoami") == "susan"


async def test_fault_under_protection_sets_no_cookie(site: Site) -> None:
    """While a loader fails, basic protection does not mark the login stale."""
    client = await site.logged_in("remember=1")
    site.fault = RuntimeError("no database")

    response = await client.get("/whoami", headers={"User-Agent": "another"})

    assert response.status_code == 500
    assert set_cookies(response) == {}
    site.fault = None
    assert await text(client, "/fresh") == "True"


async def test_fault_of_the_request_loader_is_a_fault() -> None:
    """An error of the request loader is raised, too."""
    site = Site()

    @site.manager.request_loader
    async def by_key(request: object) -> None:
        raise RuntimeError("no keys")

    assert "no keys" in str(await error(site.client(), "/whoami"))
    assert await text(site.client(), "/public") == "for everybody"


async def test_fault_sends_no_signal_of_a_user(site: Site) -> None:
    """While a loader fails, only ``user_accessed`` is sent, and no signal that names a user."""
    client = await site.logged_in()
    site.fault = RuntimeError("no database")

    with listening(site.app) as heard:
        await client.get("/whoami")

    assert names(heard) == ["user_accessed"]


async def test_logging_in_works_while_the_loader_fails(site: Site) -> None:
    """``login_user`` needs no loader, and its login is kept."""
    client = await site.logged_in()

    @site.app.route("/login-again")
    async def login_again() -> str:
        login_user(site.people["2"])
        return str(current_user.name)

    site.fault = RuntimeError("no database")
    assert await text(client, "/login-again") == "henry"
    site.fault = None
    assert await text(client, "/whoami") == "henry"
