"""A loader that raises: a fault is a fault, never "anonymous", and only where the user is asked for."""

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
async def test_every_look_raises(
    broken: tuple[Site, QuartClient], fault: Exception, raised: type[Exception], look: str
) -> None:
    """However the user is looked at, the loader's error comes out, and nothing that means "nobody"."""
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
    """A template that asks for the user fails; it does not render the page of a visitor."""
    site, client = broken
    site.fault = fault

    @site.app.route("/page")
    async def view() -> str:
        return await render_template_string(template)

    found = await error(client, "/page")
    assert isinstance(found, raised)
    assert "no database" in f"{found} {found.__cause__}"


async def test_template_that_never_asks_renders(broken: tuple[Site, QuartClient]) -> None:
    """Rendering a template does not ask for the user, so it works while the database is down."""
    site, client = broken
    site.fault = RuntimeError("no database")

    @site.app.route("/page")
    async def view() -> str:
        return await render_template_string("welcome")

    assert await text(client, "/page") == "welcome"


async def test_page_that_never_asks_works(broken: tuple[Site, QuartClient]) -> None:
    """A view that needs no user answers as ever."""
    site, client = broken
    site.fault = RuntimeError("no database")

    assert await text(client, "/public") == "for everybody"


@pytest.mark.parametrize("path", ["/whoami", "/members", "/private", "/logout", "/public"])
async def test_fault_sets_no_cookie(site: Site, path: str) -> None:
    """While a loader fails, nothing is written that could change who the user is."""
    client = await site.logged_in("remember=1")
    close_browser(client)
    site.fault = RuntimeError("no database")

    response: Response = await client.get(path)

    assert response.status_code == (200 if path == "/public" else 500)
    assert set_cookies(response) == {}

    site.fault = None
    assert await text(client, "/whoami") == "susan"


async def test_fault_under_protection_sets_no_cookie(site: Site) -> None:
    """A login that basic protection would mark stale is not even touched."""
    client = await site.logged_in("remember=1")
    site.fault = RuntimeError("no database")

    response = await client.get("/whoami", headers={"User-Agent": "another"})

    assert response.status_code == 500
    assert set_cookies(response) == {}
    site.fault = None
    assert await text(client, "/fresh") == "True"


async def test_fault_of_the_request_loader_is_a_fault() -> None:
    """What the request loader raises is raised as well."""
    site = Site()

    @site.manager.request_loader
    async def by_key(request: object) -> None:
        raise RuntimeError("no keys")

    assert "no keys" in str(await error(site.client(), "/whoami"))
    assert await text(site.client(), "/public") == "for everybody"


async def test_fault_sends_no_signal_of_a_user(site: Site) -> None:
    """That the user was asked for is told; that there is one is not."""
    client = await site.logged_in()
    site.fault = RuntimeError("no database")

    with listening(site.app) as heard:
        await client.get("/whoami")

    assert names(heard) == ["user_accessed"]


async def test_logging_in_mends_a_fault(site: Site) -> None:
    """A view that logs somebody in needs no loader, and its login is kept."""
    client = await site.logged_in()

    @site.app.route("/login-again")
    async def login_again() -> str:
        login_user(site.people["2"])
        return str(current_user.name)

    site.fault = RuntimeError("no database")
    assert await text(client, "/login-again") == "henry"
    site.fault = None
    assert await text(client, "/whoami") == "henry"
