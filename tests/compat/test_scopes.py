"""The user of an ASGI scope that Quart does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart, session, websocket

from compat import (
    LoginClient,
    LoginManager,
    NotInitialised,
    UserMixin,
    current_user,
    load_user_from_scope,
    user_loaded,
)

ADDRESS, AGENT = "10.0.0.1", "Firefox"


class Person(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


@pytest.fixture
def people() -> dict[str, Person]:
    """The users by id."""
    return {"ada": Person("ada")}


@pytest.fixture
def app(people: dict[str, Person]) -> Quart:
    """An application with strong session protection."""
    app = Quart(__name__)
    app.secret_key = "for this test"
    app.config["SESSION_PROTECTION"] = "strong"
    manager = LoginManager(app)

    @manager.user_loader
    async def load(user_id: str) -> Person | None:
        return people.get(user_id)

    @app.get("/")
    async def index() -> str:
        session["seen"] = True
        return str(current_user.is_authenticated)

    return app


async def scope_of(app: Quart, user: Person | None, kind: str = "websocket", **changed: Any) -> dict[str, Any]:
    """The scope of a connection to another part of the site, with the cookies of *user*."""
    client = LoginClient(app, user=user, remember=bool(changed.pop("remember", False)))
    await client.get("/", headers={"User-Agent": "Quart"})
    assert client.cookie_jar is not None
    names = changed.pop("cookies", ("session", "remember_token"))
    cookies = "; ".join(f"{one.name}={one.value}" for one in client.cookie_jar if one.name in names)
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "path": "/socket.io/",
        "query_string": b"EIO=4",
        "headers": [(b"host", b"localhost"), (b"user-agent", b"Quart"), (b"cookie", cookies.encode())],
        "client": ("<local>", 50000),
    } | changed


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_user_of_the_cookies(app: Quart, people: dict[str, Person], kind: str) -> None:
    """The user of the session is loaded, and the signal is sent: to sync receivers, and to async ones."""
    heard: list[Person] = []

    def hear(_app: Quart, user: Person) -> None:
        heard.append(user)

    async def hear_later(_app: Quart, user: Person) -> None:
        heard.append(user)

    scope = await scope_of(app, people["ada"], kind)
    with user_loaded.connected_to(hear, app), user_loaded.connected_to(hear_later, app):
        assert await load_user_from_scope(app, scope) is people["ada"]
    assert heard == [people["ada"]] * 2
    assert not current_user  # the context has ended


async def test_nobody(app: Quart) -> None:
    """Without cookies it is the anonymous user."""
    user = await load_user_from_scope(app, await scope_of(app, None))
    assert not user.is_authenticated


@pytest.mark.parametrize(("path", "url"), [("/panel/a", "/panel/a?EIO=4"), ("/panel", "/panel/?EIO=4")])
async def test_the_request_loader_sees_the_url(app: Quart, path: str, url: str) -> None:
    """Below the mount of another application the request loader sees the URL as the client has asked for it."""
    seen = []

    async def load(request: Any) -> None:
        seen.append(request.url)

    app.login_manager.request_loader(load)  # type: ignore[attr-defined]
    await load_user_from_scope(app, await scope_of(app, None, "http", path=path, root_path="/panel"))

    assert seen[1:] == [f"http://localhost{url}"]  # after that of the page in scope_of


async def test_the_remember_cookie(app: Quart, people: dict[str, Person]) -> None:
    """The remember cookie alone is enough, each time."""
    scope = await scope_of(app, people["ada"], remember=True, cookies=("remember_token",))
    assert [await load_user_from_scope(app, scope) for _ in range(2)] == [people["ada"]] * 2


async def test_a_login_that_has_ended(app: Quart, people: dict[str, Person]) -> None:
    """Each call asks the loader, so a closed account is noticed while the connection is open."""
    scope = await scope_of(app, people.get("ada"))
    assert (await load_user_from_scope(app, scope)).is_authenticated
    people.clear()
    assert not (await load_user_from_scope(app, scope)).is_authenticated


@pytest.mark.parametrize("changed", [{"client": (ADDRESS, 1)}, {"client": None, "headers": []}])
async def test_session_protection(app: Quart, people: dict[str, Person], changed: dict[str, Any]) -> None:
    """Another address is another client, and no cookies are nobody's."""
    scope = await scope_of(app, people["ada"]) | changed
    assert not (await load_user_from_scope(app, scope)).is_authenticated


async def test_inside_a_request_of_somebody_else(app: Quart, people: dict[str, Person]) -> None:
    """The user of the scope is loaded, whoever's request runs, and that request keeps its own."""
    scope = await scope_of(app, people["ada"])
    async with app.test_request_context("/"):
        assert await load_user_from_scope(app, scope) is people["ada"]
        assert not current_user.is_authenticated


async def test_inside_a_websocket_of_somebody_else(app: Quart, people: dict[str, Person]) -> None:
    """The user of the scope is loaded, and not that of the websocket, which keeps its own."""
    seen = []

    @app.websocket("/talk")
    async def talk() -> None:
        assert not current_user.is_authenticated
        seen.append(await load_user_from_scope(app, scope))
        assert not current_user.is_authenticated
        await websocket.send("done")

    scope = await scope_of(app, people["ada"])
    async with app.test_client().websocket("/talk") as socket:
        assert await socket.receive() == "done"
    assert seen == [people["ada"]]


async def test_without_a_login_manager() -> None:
    """An application without a LoginManager is told."""
    bare = Quart(__name__)
    bare.secret_key = "for this test"
    with pytest.raises(NotInitialised):
        await load_user_from_scope(bare, {"type": "http", "path": "/", "query_string": b"", "headers": []})
