"""The decorators: which views they accept, and which users they let in."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart import Blueprint
from quart.views import MethodView, View

from compat import (
    EXEMPT_METHODS,
    LoginClient,
    UserContractError,
    anonymous_required,
    fresh_login_required,
    login_required,
)

from .site import Person, Site, close_browser, error, text

Guard = Callable[[Callable[..., Any]], Callable[..., Awaitable[Any]]]

GUARDS: list[Guard] = [login_required, fresh_login_required]


async def passes(site: Site, path: str, method: str = "GET") -> tuple[int, int]:
    """The responses to a visitor and to a user."""
    user = LoginClient(site.app, user=site.people["1"])
    visitor_answer = await site.client().open(path, method=method)
    user_answer = await user.open(path, method=method)
    return visitor_answer.status_code, user_answer.status_code


@pytest.mark.parametrize("guard", GUARDS)
async def test_views_may_be_async_or_sync(site: Site, guard: Guard) -> None:
    """Sync and async views are guarded, and get their arguments."""

    @site.app.route("/async/<int:number>")
    @guard
    async def asynchronous(number: int) -> str:
        return str(number + 1)

    @site.app.route("/sync/<int:number>")
    @guard
    def synchronous(number: int) -> str:
        return str(number + 1)

    for path in ("/async/4", "/sync/4"):
        assert await passes(site, path) == (401, 200)
        assert await text(LoginClient(site.app, user=site.people["1"]), path) == "5"


async def test_decorated_views_keep_their_name() -> None:
    """Name, docstring and attributes are the view's."""

    @login_required
    async def profile() -> str:
        """Show the profile."""
        return ""

    assert profile.__name__ == "profile"
    assert profile.__doc__ == "Show the profile."


@pytest.mark.parametrize("guard", GUARDS)
async def test_class_views_are_guarded(site: Site, guard: Guard) -> None:
    """``View.decorators`` guards class views and method views, sync and async."""

    class Page(View):
        decorators = [guard]  # noqa: RUF012  # as Quart documents it

        async def dispatch_request(self) -> str:  # type: ignore[override, unused-ignore]
            return "page"

    class Resource(MethodView):
        decorators = [guard]  # noqa: RUF012

        async def get(self) -> str:
            return "read"

        def post(self) -> str:
            return "written"

    site.app.add_url_rule("/page", view_func=Page.as_view("page"))
    site.app.add_url_rule("/resource", view_func=Resource.as_view("resource"))

    assert await passes(site, "/page") == (401, 200)
    assert await passes(site, "/resource") == (401, 200)
    assert await passes(site, "/resource", "POST") == (401, 200)


async def test_blueprints_are_guarded(site: Site) -> None:
    """Views of blueprints and of nested blueprints are guarded, too."""
    outer, inner = Blueprint("outer", __name__, url_prefix="/o"), Blueprint("inner", __name__, url_prefix="/i")

    @outer.route("/page")
    @inner.route("/page")
    @login_required
    async def page() -> str:
        return ""

    outer.register_blueprint(inner)
    site.app.register_blueprint(outer)

    assert await passes(site, "/o/page") == (401, 200)
    assert await passes(site, "/o/i/page") == (401, 200)


@pytest.mark.parametrize("guard", GUARDS)
async def test_options_pass(site: Site, guard: Guard) -> None:
    """``OPTIONS`` is let in, because a CORS preflight has no cookies; ``HEAD`` is not."""

    @site.app.route("/both", methods=["GET", "OPTIONS"], provide_automatic_options=False)
    @guard
    async def both() -> str:
        return "ran"

    assert await passes(site, "/both", "OPTIONS") == (200, 200)
    assert await passes(site, "/both", "HEAD") == (401, 200)


async def test_more_methods_can_be_exempt(site: Site) -> None:
    """``EXEMPT_METHODS`` is a set to add to, as in Flask-Login."""
    EXEMPT_METHODS.add("GET")
    try:
        assert (await passes(site, "/private"))[1] == 200
        response = await site.client().get("/private", headers={})
        assert response.status_code == 500  # the view ran, for nobody: the anonymous user has no name
    finally:
        EXEMPT_METHODS.discard("GET")


@pytest.mark.parametrize("guard", GUARDS)
async def test_login_disabled_lets_everybody_in_and_warns(site: Site, guard: Guard) -> None:
    """``LOGIN_DISABLED`` works as in 0.6.3; it warns, as it is gone from Flask-Login's main branch."""

    @site.app.route("/open")
    @guard
    async def view() -> str:
        return "open"

    site.app.config["LOGIN_DISABLED"] = True

    with pytest.warns(DeprecationWarning, match="LOGIN_DISABLED"):
        assert await text(site.client(), "/open") == "open"


@pytest.mark.parametrize("guard", [*GUARDS, anonymous_required])
async def test_a_view_runs_once_whatever_it_raises(site: Site, guard: Guard) -> None:
    """An AttributeError of the view is raised, and the view is not called again."""
    runs = []

    async def view() -> str:
        runs.append(1)
        raise AttributeError("in the view")

    def sync_view() -> str:
        runs.append(1)
        raise AttributeError("in the view")

    site.app.add_url_rule("/raises", "raises", guard(view))
    site.app.add_url_rule("/raises-sync", "raises_sync", guard(sync_view))
    client = site.client() if guard is anonymous_required else LoginClient(site.app, user=site.people["1"])

    for path in ("/raises", "/raises-sync"):
        assert str(await error(client, path)) == "in the view"
    assert len(runs) == 2


class AsyncContract(Person):
    @property
    async def is_authenticated(self) -> bool:  # type: ignore[override]  # on purpose
        """Always true: a coroutine."""
        return False


class MethodContract(Person):
    def is_authenticated(self) -> bool:  # type: ignore[override]  # on purpose
        """Always true: a method."""
        return False


@pytest.mark.parametrize("guard", [*GUARDS, anonymous_required])
@pytest.mark.parametrize("user_class", [AsyncContract, MethodContract])
async def test_users_that_would_always_pass_are_an_error(site: Site, guard: Guard, user_class: type[Person]) -> None:
    """``is_authenticated`` has to be a plain property: a coroutine or method is always true."""
    site.people["1"] = user_class("1", "susan")

    @site.app.route("/guarded")
    @guard
    async def view() -> str:
        return "passed"

    found = await error(LoginClient(site.app, user=Person("1", "susan")), "/guarded")

    assert isinstance(found, UserContractError)
    assert user_class.__name__ in str(found)


# --- for logged-out visitors


@pytest.fixture
def entrance() -> Site:
    """A site with pages for logged-out visitors."""
    site = Site()

    @site.app.route("/register")
    @anonymous_required
    async def register() -> str:
        return "welcome"

    @site.app.route("/reset")
    @anonymous_required(redirect_to="members")
    def reset() -> str:
        return "forgotten?"

    return site


async def test_visitors_pass(entrance: Site) -> None:
    """``anonymous_required`` lets visitors in."""
    assert await text(entrance.client(), "/register") == "welcome"
    assert await text(entrance.client(), "/reset") == "forgotten?"


async def test_users_get_403_without_another_page(entrance: Site) -> None:
    """Without ``authenticated_view`` a logged-in user gets 403."""
    assert await passes(entrance, "/register") == (200, 403)


async def test_users_are_sent_elsewhere(entrance: Site) -> None:
    """Users are redirected to the page named at the view, or to ``authenticated_view``, an endpoint or a URL."""
    user = LoginClient(entrance.app, user=entrance.people["1"])
    assert (await user.get("/reset")).location == "/members"

    for view, location in (("whoami", "/whoami"), ("/für-dich", "/f%C3%BCr-dich")):
        entrance.manager.authenticated_view = view
        assert (await user.get("/register")).headers["Location"] == location
        assert (await user.get("/reset")).location == "/members"


async def test_remembered_users_are_users(entrance: Site) -> None:
    """A user who returns by the remember cookie counts as logged in."""
    client = await entrance.logged_in("remember=1")
    close_browser(client)

    assert (await client.get("/register")).status_code == 403


async def test_preflights_of_such_pages_pass(entrance: Site) -> None:
    """``OPTIONS`` is exempt from ``anonymous_required``, too."""

    @entrance.app.route("/both", methods=["GET", "OPTIONS"], provide_automatic_options=False)
    @anonymous_required
    async def both() -> str:
        return "ran"

    assert await passes(entrance, "/both", "OPTIONS") == (200, 200)
