"""Loading the user: which loader is called, and from which source the user comes."""

import asyncio
import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from quart import Quart, Request, session
from quart.testing import QuartClient

import compat
from compat import (
    LoginManager,
    MissingLoader,
    UserNotLoaded,
    current_user,
    load_user,
)

from .site import (
    Application,
    Kind,
    Person,
    Site,
    as_kind,
    close_browser,
    error,
    text,
)

HENRY = Person("2", "henry")


def with_api_key(site: Site, kind: Kind = "async") -> list[Request]:
    """Add a request loader that knows henry's API key; return the list of requests it was called with."""
    asked: list[Request] = []

    def by_key(request: Request) -> Person | None:
        asked.append(request)
        return HENRY if request.headers.get("X-Api-Key") == "henry's" else None

    site.manager.request_loader(as_kind(kind, by_key))
    return asked


async def test_session_goes_first(kind: Kind) -> None:
    """The user of the session counts, whatever else the request contains."""
    site = Site(kind)
    asked = with_api_key(site, kind)
    client = await site.logged_in("remember=1")
    asked.clear()

    assert await text(client, "/whoami", headers={"X-Api-Key": "henry's"}) == "susan"
    assert (site.loads, asked) == (["1"], [])


async def test_remember_cookie_goes_second(kind: Kind) -> None:
    """Without a session the remember cookie names the user, and the request loader is not called."""
    site = Site(kind)
    asked = with_api_key(site, kind)
    client = await site.logged_in("remember=1")
    close_browser(client)
    asked.clear()

    assert await text(client, "/whoami", headers={"X-Api-Key": "henry's"}) == "susan"
    assert (site.loads, asked) == (["1"], [])


async def test_request_loader_goes_last(kind: Kind) -> None:
    """Without session and cookie the request loader is called, and its user is not written to the session."""
    site = Site(kind)
    with_api_key(site, kind)
    client = site.client()

    assert await text(client, "/whoami", headers={"X-Api-Key": "henry's"}) == "henry"
    assert site.session_of(client) == {}
    assert await text(client, "/whoami") == "nobody"


async def test_the_next_source_is_used_if_one_has_no_user() -> None:
    """If the session's user is missing, the cookie's is used, and if that is missing, the request loader's."""
    site = Site()
    with_api_key(site)
    client = await site.logged_in("remember=1")
    await text(client, "/login?user=2")
    headers = {"X-Api-Key": "henry's"}

    susan = site.people.pop("1")
    site.people["1"], henry = susan, site.people.pop("2")
    assert await text(client, "/whoami", headers=headers) == "susan"

    site.people = {"2": henry}
    assert await text(client, "/whoami", headers=headers) == "henry"


async def test_a_missing_user_is_loaded_once() -> None:
    """If session and cookie name the same missing user, the loader is called once."""
    site = Site()
    client = await site.logged_in("remember=1")
    site.people.clear()

    assert await text(client, "/whoami") == "nobody"
    assert site.loads == ["1"]


async def test_request_loader_alone_is_enough() -> None:
    """Without a user loader only the request loader is called, whatever the session contains."""
    app = Quart(__name__)
    app.secret_key = "k"
    manager = LoginManager[Person](app)

    @manager.request_loader
    async def by_key(request: Request) -> Person | None:
        return HENRY if "X-Api-Key" in request.headers else None

    @app.route("/")
    async def index() -> str:
        who = str(current_user.is_authenticated)
        session["_user_id"] = "1"
        return who

    client = QuartClient(app)
    assert await text(client, "/", headers={"X-Api-Key": "x"}) == "True"
    assert await text(client, "/") == "False"


class AsyncCallable:
    async def __call__(self, user_id: str) -> Person | None:
        return Person(user_id, "callable")


class SyncCallable:
    def __call__(self, user_id: str) -> Person | None:
        return Person(user_id, "callable")


async def named(name: str, user_id: str) -> Person | None:
    """A loader with an additional argument."""
    return Person(user_id, name)


class Store:
    async def find(self, user_id: str) -> Person | None:
        """A loader that is a method."""
        return Person(user_id, "method")


@pytest.mark.parametrize(
    ("loader", "name"),
    [
        pytest.param(functools.partial(named, "partial"), "partial", id="partial"),
        pytest.param(AsyncCallable(), "callable", id="async __call__"),
        pytest.param(SyncCallable(), "callable", id="sync __call__"),
        pytest.param(lambda user_id: named("lambda", user_id), "lambda", id="lambda of coroutine"),
        pytest.param(lambda user_id: Person(user_id, "plain"), "plain", id="sync lambda"),
        pytest.param(Store().find, "method", id="bound method"),
    ],
)
async def test_any_callable_may_be_the_loader(loader: Callable[[str], Any], name: str) -> None:
    """A loader is recognised as async by its type or by its return value."""
    site = Site()
    client = await site.logged_in()
    site.manager.user_loader(loader)

    assert await text(client, "/whoami") == name


def test_setting_a_callback_returns_it() -> None:
    """The decorators of loaders return the function unchanged."""
    manager = LoginManager[Person]()

    async def load(user_id: str) -> Person | None:
        return None

    def by_request(request: Request) -> Person | None:
        return None

    assert manager.user_loader(load) is load is manager.user_callback
    assert manager.request_loader(by_request) is by_request is manager.request_callback


async def test_reading_the_user_without_any_loader_is_an_error() -> None:
    """Without any loader, reading the user is an error; a page that does not read it works."""
    app = Application(__name__)
    app.secret_key = "k"
    LoginManager[Person](app)

    @app.route("/asks")
    async def asks() -> str:
        return str(current_user.is_authenticated)

    @app.route("/works")
    async def works() -> str:
        return "fine"

    client = QuartClient(app)
    assert await text(client, "/works") == "fine"
    missing = await error(client, "/asks")
    assert isinstance(missing, MissingLoader)
    assert str(missing).startswith("Missing user_loader or request_loader")


async def test_login_changed_by_hand_before_the_first_access() -> None:
    """If a view changes the user id in the session, the new user is loaded, and the old one is never returned."""
    site = Site("sync")
    asynchronous = Site()
    for one in (site, asynchronous):

        @one.app.route("/switch")
        async def switch() -> str:
            session["_user_id"] = "2"
            await load_user()
            return str(current_user.name)

        assert await text(compat.LoginClient(one.app, user=one.people["1"]), "/switch") == "henry"


async def test_reading_without_awaiting_after_a_change_by_hand() -> None:
    """After such a change an async loader has to be awaited, and a sync one does not."""
    for kind, expected in (("sync", "henry"), ("async", "UserNotLoaded")):
        site = Site("sync" if kind == "sync" else "async")

        @site.app.route("/switch")
        async def switch() -> str:
            session["_user_id"] = "2"
            try:
                return str(current_user.name)
            except UserNotLoaded as error:
                return type(error).__name__

        assert await text(compat.LoginClient(site.app, user=site.people["1"]), "/switch") == expected


async def test_hook_that_logs_in_by_hand(site: Site) -> None:
    """A hook may write the login into the session itself: decorators load the user that it names."""

    @site.app.before_request
    async def single_sign_on() -> None:
        session["_user_id"] = "2"

    response = await site.client().get("/members")

    assert await response.get_data(as_text=True) == "welcome henry"


async def test_a_cancelled_load_is_repeated() -> None:
    """After a load that timed out, the next one calls the loader again."""
    site = Site()
    site.manager._user_callback = None
    may_load = asyncio.Event()

    @site.manager.request_loader
    async def load(_request: object) -> Person:
        await may_load.wait()
        return site.people["1"]

    async with site.app.test_request_context("/"):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(load_user(), 0.001)
        may_load.set()

        assert (await load_user()).name == "susan"


async def test_a_loader_that_asks_for_itself_is_an_error() -> None:
    """A user loader that awaits ``load_user()`` would wait for itself for ever."""
    site = Site()

    @site.manager.user_loader
    async def load(_user_id: str) -> Person:
        await load_user()
        return site.people["1"]

    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"
        with pytest.raises(UserNotLoaded):
            await asyncio.wait_for(load_user(), 1)


async def test_a_loader_that_looks_and_then_asks_for_itself_is_an_error() -> None:
    """So would a request loader, which has looked at the user before: that look is an error of its own."""
    site = Site()

    @site.manager.request_loader
    async def load(_request: object) -> Person:
        with suppress(UserNotLoaded):
            bool(current_user)
        await load_user()
        return site.people["1"]

    async with site.app.test_request_context("/"):
        with pytest.raises(UserNotLoaded):
            await asyncio.wait_for(load_user(), 1)
