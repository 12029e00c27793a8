"""The application's own hooks can read the user in every request."""

from pathlib import Path
from typing import Any

import pytest
from quart import Blueprint, Quart, render_template_string
from quart.testing import QuartClient

from compat import LoginClient, LoginManager, current_user, login_required, login_user

from .site import REMEMBER, Kind, Person, Site, as_kind, set_cookies, text

PAGES = [("/page", 200), ("/static/style.css", 200), ("/unknown", 404)]


@pytest.fixture
def application(tmp_path: Path, kind: Kind) -> Quart:
    """An application with a page and a static file."""
    (tmp_path / "style.css").write_text("body {}")
    app = Quart(__name__, static_folder=str(tmp_path), static_url_path="/static")
    app.secret_key = "k"
    manager = LoginManager[Person](app)
    manager.user_loader(as_kind(kind, lambda user_id: Person(user_id, "susan")))

    @app.route("/page")
    async def page() -> str:
        return ""

    return app


def susan(app: Quart) -> QuartClient:
    """A client in which susan is logged in."""
    return LoginClient(app, user=Person("1", "susan"))


@pytest.mark.parametrize(("path", "status"), PAGES)
async def test_before_request_hooks_may_read_the_user(application: Quart, path: str, status: int) -> None:
    """A ``before_request`` hook can read the user, for static files and unknown URLs, too, as in Flask-Login."""
    seen: list[str] = []

    @application.before_request
    async def note_visit() -> None:
        if current_user.is_authenticated:
            seen.append(current_user.name)

    response = await susan(application).get(path)

    assert (response.status_code, seen) == (status, ["susan"])


@pytest.mark.parametrize(("path", "status"), PAGES)
async def test_teardown_hooks_may_read_the_user(application: Quart, path: str, status: int) -> None:
    """A teardown hook can read the user; an error there would leave the application."""
    seen: list[str] = []

    @application.teardown_request
    async def note_visit(_error: BaseException | None) -> None:
        seen.append(current_user.name)

    response = await susan(application).get(path)

    assert (response.status_code, seen) == (status, ["susan"])


async def test_hooks_may_be_declared_not_to_read_the_user(application: Quart) -> None:
    """Then static files and unknown URLs load no user; ``load_user()`` and templates still do."""
    loads: list[str] = []
    manager: LoginManager[Person] = application.login_manager  # type: ignore[attr-defined]
    manager.load_for_hooks = False

    @manager.user_loader
    async def load(user_id: str) -> Person:
        loads.append(user_id)
        return Person(user_id, "susan")

    @application.before_request
    async def nothing() -> None:
        """Read no user."""

    @application.errorhandler(404)
    async def page(_error: Exception) -> tuple[str, int]:
        return await render_template_string("{{ current_user.name }} is lost"), 404

    client = susan(application)
    await client.get("/static/style.css")
    assert loads == []

    assert await (await client.get("/unknown")).get_data(as_text=True) == "susan is lost"
    assert loads == ["1"]


@pytest.mark.parametrize(("path", "status"), PAGES)
async def test_after_request_hooks_may_read_the_user(application: Quart, path: str, status: int) -> None:
    """An ``after_request`` hook can read the user."""

    @application.after_request
    async def stamp(response: Any) -> Any:
        response.headers["X-User"] = current_user.name
        return response

    response = await susan(application).get(path)

    assert (response.status_code, response.headers["X-User"]) == (status, "susan")


async def test_hooks_registered_before_the_manager_may_still_log_in() -> None:
    """An ``after_request`` hook that was registered before the LoginManager can log in: the cookies are set later."""
    app = Quart(__name__)
    app.secret_key = "k"

    @app.after_request
    async def remember(response: Any) -> Any:
        login_user(Person("1", "susan"), remember=True)
        return response

    LoginManager[Person](app)
    response = await QuartClient(app).get("/")

    assert set(set_cookies(response)) == {"session", REMEMBER}
    assert response.headers["Vary"] == "Cookie"


async def test_hooks_of_a_blueprint_may_read_the_user(application: Quart, tmp_path: Path) -> None:
    """The hooks of a blueprint run for its static files and can read the user there."""
    shop = Blueprint("shop", __name__, static_folder=str(tmp_path), static_url_path="/shop/static")
    seen: list[str] = []

    @shop.before_request
    async def note_visit() -> None:
        seen.append(current_user.name)

    application.register_blueprint(shop)

    assert (await susan(application).get("/shop/static/style.css")).status_code == 200
    assert seen == ["susan"]


async def test_static_files_may_be_protected(application: Quart) -> None:
    """``login_required`` around the view of static files works as around any other."""
    application.view_functions["static"] = login_required(application.view_functions["static"])

    assert (await QuartClient(application).get("/static/style.css")).status_code == 401
    assert (await susan(application).get("/static/style.css")).status_code == 200


async def test_a_view_may_be_called_static(application: Quart) -> None:
    """A view called ``static`` gets its user: only Quart's own static route loads none."""
    application.add_url_rule("/mine", "mine.static", login_required(_whoami))

    assert await text(susan(application), "/mine") == "susan"


async def _whoami() -> str:
    return str(current_user.name)


async def test_error_pages_may_read_the_user(application: Quart) -> None:
    """An error page for 404 or 405 can read the user."""

    @application.errorhandler(404)
    @application.errorhandler(405)
    async def show(error: Any) -> tuple[str, int]:
        return await render_template_string("{{ current_user.name }}"), int(error.code)

    client = susan(application)
    for response in (await client.get("/unknown"), await client.post("/page")):
        assert response.status_code in {404, 405}
        assert await response.get_data(as_text=True) == "susan"


async def test_error_pages_of_faults_may_not_hide_them(site: Site) -> None:
    """While the loader fails, an error page that reads the user fails, too; one that does not works."""

    @site.app.errorhandler(500)
    async def sorry(error: Any) -> tuple[str, int]:
        return await render_template_string("sorry"), 500

    client = await site.logged_in()
    site.fault = RuntimeError("no database")

    response = await client.get("/whoami")

    assert (response.status_code, await response.get_data(as_text=True)) == (500, "sorry")
    assert "Set-Cookie" not in response.headers


async def test_without_the_context_processor_templates_have_no_user() -> None:
    """``add_context_processor=False`` leaves templates alone."""
    app = Quart(__name__)
    app.secret_key = "k"
    LoginManager[Person](app, add_context_processor=False)

    @app.route("/")
    async def index() -> str:
        return await render_template_string("{{ current_user is defined }}")

    assert await text(QuartClient(app), "/") == "False"


async def test_templates_outside_of_requests_have_no_user(site: Site) -> None:
    """Outside of requests ``current_user`` is None in templates."""
    async with site.app.app_context():
        assert await render_template_string("{{ current_user is none }}") == "True"
