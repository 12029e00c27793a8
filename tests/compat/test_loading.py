"""Loading the user: which loader is called, when, and how often."""

import asyncio
import functools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from quart import Quart, Request, render_template_string, request, session
from quart.testing import QuartClient

import compat
from compat import (
    LoginManager,
    MissingLoader,
    UserNotLoaded,
    current_user,
    encode_cookie,
    load_user,
    login_user,
    logout_user,
)

from .site import (
    REMEMBER,
    SECRET,
    Application,
    Kind,
    Person,
    Site,
    as_kind,
    close_browser,
    error,
    listening,
    lose_cookie,
    names,
    plain_vary,
    put_cookie,
    set_cookies,
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


# --- the order of the sources


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


# --- kinds of loaders


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


# --- how often


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


# --- when: only if the user is read


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


# --- contexts pushed by hand


async def test_async_loader_has_to_be_awaited_in_a_pushed_context() -> None:
    """Where no hook has run, reading the user is an error; after ``await load_user()`` it works."""
    site = Site()
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"

        with pytest.raises(UserNotLoaded, match=r"Await compat\.load_user"):
            _ = current_user.name
        assert (await load_user()).name == "susan"
        assert current_user.name == "susan"


async def test_sync_loader_works_at_once_in_a_pushed_context() -> None:
    """A sync loader needs no hook and no ``load_user()``."""
    site = Site("sync")
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"

        assert current_user.name == "susan"


async def test_visitors_need_no_loading_in_a_pushed_context() -> None:
    """In a pushed context without a login, reading the user works without ``load_user()``."""
    site = Site()
    async with site.app.test_request_context("/"):
        assert current_user.is_anonymous
        assert login_user(site.people["1"])
        assert current_user.name == "susan"


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


async def test_load_user_outside_of_requests_is_an_error() -> None:
    """``load_user()`` outside of a request is an error."""
    with pytest.raises(RuntimeError):
        await load_user()


async def test_current_user_outside_of_requests_is_none() -> None:
    """Outside of a request ``current_user`` is false and equal to None, as in Flask-Login."""
    site = Site()

    assert not current_user
    async with site.app.app_context():
        assert current_user == None  # noqa: E711  # the proxy is not None itself


async def test_attributes_outside_of_requests_name_the_way_out() -> None:
    """Outside of a request an attribute is an error that names it and the way out; ``hasattr`` is false, as of None."""
    site = Site()

    for _ in range(2):
        with pytest.raises(compat.NoCurrentUser, match=r"^current_user\.id was read outside .* pass its value"):
            _ = current_user.id
        assert not hasattr(current_user, "id")
    async with site.app.app_context():
        with pytest.raises(AttributeError, match=r"current_user\.name was read outside"):
            _ = current_user.name


async def test_a_missing_attribute_is_the_one_of_the_user() -> None:
    """In a request an unknown attribute is Python's own error, which names the class of the user."""
    site = Site()

    async with site.app.test_request_context("/"):
        await load_user()
        with pytest.raises(AttributeError, match=r"AnonymousUserMixin.* has no attribute 'nickname'") as error:
            _ = current_user.nickname
    assert type(error.value) is AttributeError


@pytest.mark.parametrize("read", [lambda user: user.balance, lambda user: getattr(user, "balance", 0)])
async def test_a_property_that_fails_runs_once(read: Callable[[Any], object]) -> None:
    """A property of the user that raises AttributeError runs once, as in Flask-Login, and its error is raised."""
    site = Site()
    calls = []

    class Customer(Person):
        @property
        def balance(self) -> int:
            calls.append(self.id)
            return self.account.balance  # type: ignore[attr-defined, no-any-return]  # the fault

    async with site.app.test_request_context("/"):
        login_user(Customer("1", "susan"))
        with suppress(AttributeError):
            assert read(current_user) == 0
        with pytest.raises(AttributeError, match="has no attribute 'account'"):
            _ = current_user.balance
        with pytest.raises(AttributeError, match="has no attribute '_nickname'"):  # and no error from before
            _ = current_user._nickname

    assert calls == ["1", "1"]


async def test_anonymous_user_is_made_for_each_request() -> None:
    """``anonymous_user`` may be any factory; it is called once for each request without a user."""
    site = Site()
    made: list[object] = []

    class Guest(compat.AnonymousUserMixin):
        name = "guest"

    def make() -> Guest:
        made.append(object())
        return Guest()

    site.manager.anonymous_user = make

    @site.app.route("/name")
    async def name() -> str:
        return f"{current_user.name} {current_user.name}"

    client = site.client()
    assert await text(client, "/name") == "guest guest"
    assert len(made) == 1
    lose_cookie(client, "session")
    await text(client, "/name")
    assert len(made) == 2


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


@pytest.mark.parametrize(
    "look",
    [
        lambda: current_user.is_authenticated,
        lambda: bool(current_user),
        lambda: current_user == object(),
        lambda: isinstance(current_user, Person),
        lambda: hasattr(current_user, "name"),
    ],
)
async def test_an_unloaded_user_is_never_taken_for_anonymous(site: Site, look: Callable[[], object]) -> None:
    """Every access before the user is loaded is an error, never false."""
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"
        with pytest.raises(UserNotLoaded):
            look()


async def test_a_session_is_emptied_before_the_user_is_read(kind: Kind) -> None:
    """After the session was emptied the remember cookie counts; if it names the same user, no loader is called."""
    site = Site(kind)

    @site.app.route("/empty")
    async def empty() -> str:
        session.clear()
        return str(current_user.name)

    @site.app.route("/leave")
    async def leave() -> str:
        session.clear()
        return str(logout_user())

    client = await site.logged_in("remember=1")
    assert await text(client, "/empty") == "susan"
    assert site.loads == ["1"]
    assert site.session_of(client)["_fresh"] is False
    assert await text(client, "/leave") == "True"
    assert await text(client, "/whoami") == "nobody"


async def test_a_session_is_emptied_and_the_cookie_names_another_user(site: Site) -> None:
    """If the cookie names another user than the loaded one, reading it without ``load_user()`` is an error."""

    @site.app.route("/empty")
    async def empty() -> str:
        session.clear()
        if "load" in request.args:
            await load_user()
        return str(current_user.name)

    client = await site.logged_in("remember=1")
    put_cookie(client, REMEMBER, encode_cookie("2", SECRET))

    assert isinstance(await error(client, "/empty"), UserNotLoaded)
    assert await text(client, "/empty?load") == "henry"
