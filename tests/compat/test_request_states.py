"""The four states of a request's login, and what takes it from one to the next."""

import asyncio
from pathlib import Path

import pytest
from quart import Quart
from quart.testing import QuartClient

from compat import LoginClient, LoginManager, UserNotLoaded, current_user, load_user, login_user
from compat.current import current_login
from compat.request_login import State

from .site import Person, Site, text


async def test_a_view_begins_loaded_and_the_first_access_shows(site: Site) -> None:
    """The user is loaded before the view, and is ``current_user`` from the first access on."""
    seen: list[State] = []

    @site.app.route("/states")
    async def states() -> str:
        seen.append(current_login().state)
        assert current_user.is_authenticated
        seen.append(current_login().state)
        return ""

    await text(LoginClient(site.app, user=site.people["1"]), "/states")

    assert seen == [State.LOADED, State.SHOWN]


async def test_a_login_shows_its_user_at_once(site: Site) -> None:
    """``login_user`` needs no loader: the user it was given is shown."""
    seen: list[State] = []

    @site.app.route("/enter")
    async def enter() -> str:
        seen.append(current_login().state)
        login_user(site.people["2"])
        seen.append(current_login().state)
        return ""

    await text(site.client(), "/enter")

    assert seen == [State.LOADED, State.SHOWN]


async def test_static_files_stay_new(tmp_path: Path) -> None:
    """No loader is called for a static file, until something awaits ``load_user``."""
    (tmp_path / "style.css").write_text("")
    app = Quart(__name__, static_folder=str(tmp_path))
    app.secret_key = "static"
    manager = LoginManager[Person](app)
    manager.load_for_hooks = False
    manager.user_loader(lambda user_id: Person(user_id, "susan"))
    seen: list[State] = []

    @app.before_request
    async def look() -> None:
        seen.append(current_login().state)
        await load_user()
        seen.append(current_login().state)

    await LoginClient(app, user=Person("1", "susan")).get("/static/style.css")

    assert seen == [State.NEW, State.SHOWN]


async def test_a_loader_runs_in_loading() -> None:
    """While a loader runs the state is LOADING, and it cannot await the user that it loads: it is called once."""
    site = Site()
    seen: list[State] = []

    @site.manager.user_loader
    async def load(user_id: str) -> Person | None:
        seen.append(current_login().state)
        async with asyncio.timeout(10):
            await load_user()
        return site.people[user_id]

    @site.app.route("/states")
    async def states() -> str:
        with pytest.raises(UserNotLoaded):
            _ = current_user.name
        return ""

    await text(LoginClient(site.app, user=site.people["1"]), "/states")

    assert seen == [State.LOADING]


async def test_a_loader_may_log_its_user_in(site: Site) -> None:
    """A user that a loader has shown stays shown when the loader returns."""

    @site.manager.request_loader
    async def load(_request: object) -> Person:
        login_user(site.people["2"])
        return site.people["1"]

    @site.app.route("/name")
    async def name() -> str:
        return f"{current_login().state.name} {current_user.name}"

    assert await text(site.client(), "/name") == "SHOWN henry"


async def test_a_cancelled_load_is_new_again() -> None:
    """When the task that loads is cancelled, the next one loads again."""
    site = Site()
    site.manager._user_callback = None

    @site.manager.request_loader
    async def load(_request: object) -> Person:
        await asyncio.Event().wait()
        return site.people["1"]

    async with site.app.test_request_context("/"):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(load_user(), 0.001)
        assert current_login().state is State.NEW


async def test_a_failed_load_is_loaded(site: Site) -> None:
    """A loader's error is an answer: it is kept, and raised at each access."""
    site.fault = RuntimeError("no database")
    seen: list[State] = []

    @site.app.route("/states")
    async def states() -> str:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no database"):
                _ = current_user.name
            seen.append(current_login().state)
        return ""

    client: QuartClient = LoginClient(site.app, user=site.people["1"])
    await client.get("/states")

    assert seen == [State.LOADED, State.LOADED]
