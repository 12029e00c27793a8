"""``login_guard``: a login required for all views but those that are exempt."""

from pathlib import Path

import pytest
from quart import Blueprint, Quart, websocket
from quart.testing import QuartClient, WebsocketResponseError
from quart.views import MethodView
from quart_schema import QuartSchema

from compat import LoginClient, LoginManager, login_exempt, login_guard, login_required

from .site import Person, Site, text


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
