"""When the user is loaded, and how often."""

import asyncio
from pathlib import Path
from typing import Any

from quart import Quart, render_template_string, session
from quart.testing import QuartClient

import compat
from compat import (
    LoginManager,
    current_user,
    load_user,
)

from .site import (
    REMEMBER,
    Person,
    Site,
    close_browser,
    listening,
    names,
    plain_vary,
    put_cookie,
    set_cookies,
    text,
)


async def test_one_load_a_request() -> None:
    """The loader is called once for a request, however often the user is read."""
    site = Site()

    @site.app.before_request
    async def look() -> None:
        assert current_user.name == "susan"

    @site.app.route("/often")
    @compat.login_required
    @compat.fresh_login_required
    async def often() -> str:
        await load_user()
        return await render_template_string("{{ current_user.name }}{{ current_user.id }}") + str(current_user.name)

    client = compat.LoginClient(site.app, user=site.people["1"])

    assert await text(client, "/often") == "susan1susan"
    assert site.loads == ["1"]


async def test_visitors_cost_no_load() -> None:
    """No loader is called for a visitor without session and cookie."""
    site = Site()

    assert await text(site.client(), "/whoami") == "nobody"
    assert site.loads == []


async def test_forged_cookie_costs_no_load() -> None:
    """No loader is called for a remember cookie with an invalid signature."""
    site = Site()
    client = site.client()
    put_cookie(client, REMEMBER, "1|" + "0" * 128)

    assert await text(client, "/whoami") == "nobody"
    assert site.loads == []


async def test_static_files_cost_no_load(tmp_path: Path) -> None:
    """No loader is called for a static file."""
    (tmp_path / "style.css").write_text("body {}")
    site = Site()
    app = Quart(__name__, static_folder=str(tmp_path), static_url_path="/static")
    app.secret_key = site.app.secret_key
    site.manager.init_app(app)
    client = QuartClient(app)
    put_cookie(client, "session", site.seal_session({"_user_id": "1"}))

    response = await client.get("/static/style.css")

    assert response.status_code == 200
    assert site.loads == []


async def test_unknown_urls_cost_no_load() -> None:
    """No loader is called for an unknown URL, unless the application has its own error page."""
    site = Site()
    client = await site.logged_in()

    assert (await client.get("/unknown")).status_code == 404
    assert site.loads == []

    @site.app.errorhandler(404)
    async def not_found(error: Exception) -> tuple[str, int]:
        return await render_template_string("not here, {{ current_user.name }}"), 404

    response = await client.get("/unknown")
    assert await response.get_data(as_text=True) == "not here, susan"
    assert site.loads == ["1"]


async def test_concurrent_calls_share_one_load() -> None:
    """Tasks of one request that call ``load_user()`` at the same time share one load."""
    site = Site()
    loads = 0

    @site.manager.user_loader
    async def slow(user_id: str) -> Person | None:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0)
        return site.people[user_id]

    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"
        found = await asyncio.gather(*(load_user() for _ in range(5)))

    assert {user.name for user in found} == {"susan"}
    assert loads == 1


async def test_a_page_that_does_not_read_the_user_has_no_effects() -> None:
    """If the user is not read, no signal is sent, the session is not written and there is no ``Vary``."""
    site = Site()
    client = await site.logged_in("remember=1")
    close_browser(client)

    with listening(site.app) as heard:
        response = await client.get("/public")

    assert heard == []
    assert set_cookies(response) == {}
    assert response.headers.get("Vary") == await plain_vary()


async def test_the_first_access_has_the_effects() -> None:
    """The first access sends the signals and writes the session; later ones do not."""
    site = Site()
    client = await site.logged_in("remember=1")
    close_browser(client)

    with listening(site.app) as heard:
        response = await client.get("/whoami")

    assert names(heard) == ["user_accessed", "user_loaded_from_cookie", "user_loaded"]
    assert set(set_cookies(response)) == {"session"}
    assert site.session_of(client)["_user_id"] == "1"


async def test_hooks_registered_before_the_manager_see_the_user() -> None:
    """A ``before_request`` hook can read the user even if it was registered before the LoginManager."""
    app = Quart(__name__)
    app.secret_key = "k"
    seen: list[str] = []

    @app.before_request
    async def look() -> None:
        seen.append(current_user.name if current_user.is_authenticated else "nobody")

    manager = LoginManager[Person](app)

    @manager.user_loader
    async def load(user_id: str) -> Person | None:
        return Person(user_id, "susan")

    @app.route("/")
    async def index() -> str:
        return ""

    await text(compat.LoginClient(app, user=Person("1", "susan")), "/")
    assert seen == ["susan"]


async def test_after_request_hooks_may_be_the_first_to_read() -> None:
    """If an ``after_request`` hook is the first to read the user, the response has ``Vary: Cookie``."""
    site = Site()

    @site.app.after_request
    async def stamp(response: Any) -> Any:
        response.headers["X-User"] = current_user.name
        return response

    client = compat.LoginClient(site.app, user=site.people["1"])
    response = await client.get("/public")

    assert response.headers["X-User"] == "susan"
    assert response.headers["Vary"] == "Cookie"
