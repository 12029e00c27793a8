"""``login_guard``: a login required for all views but those that are exempt."""

from pathlib import Path
from typing import Any

import pytest
from quart import Blueprint, Quart, session, websocket
from quart.testing import QuartClient, WebsocketResponseError
from quart.views import MethodView
from quart_schema import QuartSchema

from compat import LoginClient, LoginManager, login_exempt, login_guard, login_required
from compat.errors import ConfigurationError

from .site import Person, Site, listening, names, text


def guarded() -> Site:
    """A site in which all views but the login view need a login."""
    site = Site()
    site.manager.login_view = "login"
    site.manager.refresh_view = "confirm"
    login_guard(site.app)
    return site


async def status(site: Site, path: str) -> int:
    """The status of the response to a visitor at *path*."""
    answer: int = (await site.client().get(path)).status_code
    return answer


async def test_views_need_a_login_by_default() -> None:
    """A view without a decorator needs a login."""
    site = guarded()

    response = await site.client().get("/public")

    assert response.location == "/login?next=%2Fpublic"
    assert await text(LoginClient(site.app, user=site.people["1"]), "/public") == "for everybody"


async def test_login_view_is_open() -> None:
    """The login view is open; the refresh view needs a login."""
    site = guarded()

    assert await status(site, "/login") == 200
    assert await status(site, "/confirm") == 302


async def test_the_host_header_exempts_no_view() -> None:
    """A view is not exempt because the login view of another host has the same path."""
    site = Site()
    site.manager.login_view = "https://sso.example.com/members"
    login_guard(site.app)

    response = await QuartClient(site.app).get("/members", headers={"Host": "sso.example.com"})

    assert response.status_code == 302


async def test_exemption_is_not_inherited() -> None:
    """A class view that inherits from an exempt one needs a login."""

    @login_exempt
    class Open(MethodView):
        async def get(self) -> str:
            return "open"

    class Closed(Open):
        pass

    site = guarded()
    site.app.add_url_rule("/open", view_func=Open.as_view("open"))
    site.app.add_url_rule("/closed", view_func=Closed.as_view("closed"))

    assert await status(site, "/open") == 200
    assert await status(site, "/closed") == 302


async def test_guard_loads_nobody_for_files(tmp_path: Path) -> None:
    """The guard lets static files and unknown URLs through without loading a user."""
    (tmp_path / "style.css").write_text("")
    app = Quart(__name__, static_folder=str(tmp_path), static_url_path="/static")
    app.secret_key = "k"
    loads: list[str] = []

    @LoginManager[Person](app).user_loader
    async def load(user_id: str) -> Person:
        loads.append(user_id)
        return Person(user_id, "susan")

    login_guard(app)
    client = LoginClient(app, user=Person("1", "susan"))

    assert (await client.get("/static/style.css")).status_code == 200
    assert (await client.get("/unknown")).status_code == 404
    assert loads == []


@pytest.mark.parametrize("view", ["/login", "/login?lang=de"])
async def test_login_views_that_are_urls_are_open(view: str) -> None:
    """The login view is open even if ``login_view`` is a URL instead of an endpoint."""
    site = Site()
    site.manager.login_view = view
    login_guard(site.app)

    assert await status(site, "/login") == 200
    assert await status(site, "/public") == 302


async def test_login_views_of_blueprints_are_open() -> None:
    """Each view of ``blueprint_login_views`` is open."""
    site = guarded()
    site.manager.blueprint_login_views = {"shop": "public"}

    assert await status(site, "/public") == 200
    assert await status(site, "/whoami") == 302


async def test_exempt_views_are_open() -> None:
    """``login_exempt`` opens a view, above or below its route, sync or async."""
    site = guarded()

    @site.app.route("/above")
    @login_exempt
    async def above() -> str:
        return "open"

    @login_exempt
    @site.app.route("/below")
    def below() -> str:
        return "open"

    assert [await status(site, path) for path in ("/above", "/below", "/basket")] == [200, 200, 302]


async def test_exempt_classes_are_open() -> None:
    """``login_exempt`` on a class view exempts all its methods."""
    site = guarded()

    @login_exempt
    class Health(MethodView):
        async def get(self) -> str:
            return "well"

    class Closed(MethodView):
        async def get(self) -> str:
            return "no"

    site.app.add_url_rule("/health", view_func=Health.as_view("health"))
    site.app.add_url_rule("/closed", view_func=Closed.as_view("closed"))

    assert [await status(site, path) for path in ("/health", "/closed")] == [200, 302]


class Extension:
    """An extension whose views are its methods, for several applications."""

    def __init__(self, app: Quart) -> None:
        app.add_url_rule("/open", "open", self.answer)
        app.add_url_rule("/closed", "closed", self.other)
        app.add_url_rule("/class", "class", self.of_the_class)
        app.add_websocket("/socket", "socket", self.listen)

    async def answer(self) -> str:
        return "open"

    async def other(self) -> str:
        return "closed"

    @classmethod
    async def of_the_class(cls) -> str:
        return "class"

    async def listen(self) -> None:
        await websocket.accept()


async def test_exempt_methods_are_open() -> None:
    """A bound method may be exempt: it is open, and neither other methods nor the same one of another object are."""
    site, other = guarded(), guarded()
    for one in (site, other):
        Extension(one.app)

    for endpoint in ("open", "class", "socket"):
        view = site.app.view_functions[endpoint]
        assert login_exempt(view) is view

    assert [await status(site, path) for path in ("/open", "/class", "/closed")] == [200, 200, 302]
    assert await status(other, "/open") == 302
    async with site.client().websocket("/socket"):
        pass
    with pytest.raises(WebsocketResponseError):
        async with other.client().websocket("/socket") as connected:
            await connected.receive()


async def test_an_exempt_method_of_a_class_is_not_inherited() -> None:
    """A class method that is exempt needs a login as the method of a subclass."""
    site = guarded()

    class Special(Extension):
        pass

    site.app.add_url_rule("/class", "class", Extension.of_the_class)
    site.app.add_url_rule("/special", "special", Special.of_the_class)

    login_exempt(Extension.of_the_class)

    assert [await status(site, path) for path in ("/class", "/special")] == [200, 302]


async def test_views_of_quart_schema_may_be_exempt() -> None:
    """All views of Quart-Schema are bound methods: its description may be open, while its pages need a login."""
    site = guarded()
    QuartSchema(site.app)

    login_exempt(site.app.view_functions["openapi"])

    assert [await status(site, path) for path in ("/openapi.json", "/docs")] == [200, 302]


async def test_exempt_views_may_still_require_a_login() -> None:
    """``login_exempt`` does not exempt a view from its own ``login_required``."""
    site = guarded()

    @site.app.route("/own")
    @login_exempt
    @login_required
    async def own() -> str:
        return ""

    assert await status(site, "/own") == 302


async def test_unknown_urls_are_not_found() -> None:
    """An unknown URL is a 404, not a redirect to the login view."""
    assert await status(guarded(), "/unknown") == 404


async def test_static_files_are_open(tmp_path: Path) -> None:
    """Static files are open: the login page needs its style sheet."""
    (tmp_path / "style.css").write_text("body {}")
    app = Quart(__name__, static_folder=str(tmp_path), static_url_path="/static")
    app.secret_key = "k"
    manager = LoginManager[Person](app)
    manager.login_view = "/login"
    login_guard(app)

    assert (await QuartClient(app).get("/static/style.css")).status_code == 200


async def test_a_blueprint_may_be_closed_alone() -> None:
    """A guard on a blueprint does not affect the rest of the application."""
    site = Site()
    shop = Blueprint("shop", __name__, url_prefix="/shop")

    @shop.route("/page")
    async def page() -> str:
        return ""

    login_guard(shop)
    site.app.register_blueprint(shop)

    assert await status(site, "/shop/page") == 401
    assert await status(site, "/public") == 200


async def test_websockets_are_closed_before_they_are_accepted() -> None:
    """An anonymous handshake is answered with 401, whatever the login view."""
    site = guarded()

    @site.app.websocket("/ws")
    async def socket() -> None:
        await websocket.send("hello")

    @site.app.websocket("/open-ws")
    @login_exempt
    async def open_socket() -> None:
        await websocket.send("hello")

    with pytest.raises(WebsocketResponseError) as refused:
        async with site.client().websocket("/ws") as connection:
            await connection.receive()
    assert refused.value.response.status_code == 401

    for client, path in (
        (site.client(), "/open-ws"),
        (LoginClient(site.app, user=site.people["1"]), "/ws"),
    ):
        async with client.websocket(path) as connection:
            assert await connection.receive() == "hello"


async def test_a_path_may_be_closed_alone() -> None:
    """With ``under``, views and websockets at and below that path are closed, and no others."""
    site = Site()
    for path in ("/dash", "/dash/", "/dash/page", "/dashboard"):
        site.app.add_url_rule(path, path, lambda: "open", strict_slashes=True)

    @site.app.websocket("/dash/ws")
    @site.app.websocket("/ws", endpoint="other")
    async def socket() -> None:
        await websocket.send("open")

    login_guard(site.app, under="/dash/")

    closed = {path: await status(site, path) for path in ("/dash", "/dash/", "/dash/page", "//dash/page")}
    assert set(closed.values()) == {401}, closed
    assert [await status(site, path) for path in ("/dashboard", "/public", "/dash/unknown")] == [200, 200, 404]
    async with site.client().websocket("/ws") as connection:
        assert await connection.receive() == "open"
    with pytest.raises(WebsocketResponseError):
        async with site.client().websocket("/dash/ws") as connection:
            await connection.receive()


async def test_a_path_is_that_of_the_application() -> None:
    """``under`` does not include the path below which a server mounts the application."""
    site = Site()
    login_guard(site.app, under="/public")

    response = await site.client().get("/mount/public", root_path="/mount")

    assert response.status_code == 401


async def test_endpoints_may_be_exempt() -> None:
    """Views whose endpoints ``exempt`` names are open."""
    site = Site()
    login_guard(site.app, exempt={"public"})

    assert [await status(site, path) for path in ("/public", "/basket")] == [200, 401]


@pytest.mark.parametrize(("option", "value"), [("under", "dash/"), ("under", ""), ("exempt", "public")])
def test_wrong_options_are_refused(option: str, value: str) -> None:
    """A path without a slash, and a string in place of a collection, are errors at once."""
    options: dict[str, Any] = {option: value}

    with pytest.raises(ConfigurationError, match=option):
        login_guard(Quart(__name__), **options)


NAVIGATIONS = [
    {},
    {"Accept": "*/*"},
    {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
    {"Accept": "*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"},
]
OTHERS = [
    {"Accept": "text/html", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    {"Accept": "image/avif,image/webp,*/*;q=0.8", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Accept": "image/avif,image/webp,*/*;q=0.8"},
    {"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"},
    {"Accept": "*/*", "Content-Type": "application/json"},
    {"Accept": "application/json"},
]


@pytest.mark.parametrize("headers", NAVIGATIONS)
async def test_a_page_leads_to_the_login_page(headers: dict[str, str]) -> None:
    """A visitor who opens a page, or may do so, is sent to the login page."""
    response = await guarded().client().get("/public", headers=headers)

    assert response.location == "/login?next=%2Fpublic"


@pytest.mark.parametrize("headers", OTHERS)
async def test_other_requests_are_refused_without_a_trace(headers: dict[str, str]) -> None:
    """A script's request or an image's gets 401: nothing is flashed, and the page to return to is kept."""
    site = guarded()
    site.app.config["USE_SESSION_FOR_NEXT"] = True
    seen: list[dict[str, Any]] = []

    @site.app.route("/session")
    @login_exempt
    async def show() -> str:
        seen.append(dict(session))
        return ""

    client = site.client()
    await client.get("/public")
    await client.get("/session")
    with listening(site.app) as heard:
        response = await client.get("/basket", headers=headers)
    await client.get("/session")

    assert response.status_code == 401
    assert "Set-Cookie" not in response.headers
    assert names(heard) == ["user_accessed", "user_unauthorized"]
    assert seen[0] == seen[1]
    assert seen[0]["next"] == "/public"


async def test_a_handler_answers_other_requests_too() -> None:
    """An ``unauthorized_handler`` answers scripts as well as pages."""
    site = guarded()

    @site.manager.unauthorized_handler
    async def refuse() -> tuple[str, int]:
        return "log in", 403

    response = await site.client().get("/public", headers={"Sec-Fetch-Mode": "cors"})

    assert response.status_code == 403


async def test_a_decorator_redirects_scripts_too() -> None:
    """``login_required`` answers all requests as Flask-Login's does."""
    site = Site()
    site.manager.login_view = "login"

    response = await site.client().get("/members", headers={"Sec-Fetch-Mode": "cors"})

    assert response.location == "/login?next=%2Fmembers"


@pytest.mark.parametrize(("module", "answer"), [("dash.backends._quart", 200), ("dashing", 302)])
async def test_scripts_of_dash_are_open(module: str, answer: int) -> None:
    """The scripts of Dash's components need no user, and load none, unless another package serves them."""
    site = guarded()

    async def serve(package_name: str, fingerprinted_path: str) -> str:
        return package_name + fingerprinted_path

    serve.__module__ = module
    rule = "/dash/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
    site.app.add_url_rule(rule, rule, serve)

    assert await status(site, "/dash/_dash-component-suites/dcc/a/b.js") == answer
    client = await site.logged_in()
    await client.get("/dash/_dash-component-suites/dcc/a/b.js")
    assert bool(site.loads) == (answer == 302)
