"""Sessions in Redis: what one application sees of them. tests/parity shares them with Flask-Session."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
import redis.asyncio
from markupsafe import Markup
from quart import Quart, flash, get_flashed_messages, session
from quart.testing import QuartClient

from benchmarks.services.ports import free_port
from benchmarks.services.redis import HOW_TO_GET_IT, find_redis, run_redis
from compat import (
    ConfigurationError,
    LoginClient,
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from compat.server_sessions import Session
from tests.services.needed import needed

pytestmark = pytest.mark.services


class Person(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


@pytest.fixture
def store(redis_url: str) -> Iterator[Any]:
    """What Redis keeps; nothing at first."""
    with closing(redis.from_url(redis_url)) as store:
        store.flushall()
        yield store


@pytest.fixture
async def app(redis_url: str, store: Any) -> AsyncIterator[Quart]:
    """An application that keeps its sessions in Redis."""
    app = Quart(__name__)
    app.secret_key = "for this test"
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=redis.asyncio.from_url(redis_url))
    Session(app)
    LoginManager(app).user_loader(Person)

    @app.get("/")
    async def index() -> str:
        return str(current_user.is_authenticated)

    @app.post("/login")
    async def login() -> str:
        return str(login_user(Person("ada")))

    @app.post("/logout")
    async def logout() -> str:
        return str(logout_user())

    @app.post("/basket")
    async def fill() -> str:
        session["basket"] = "full"
        return "kept"

    @app.get("/hello")
    async def hello() -> str:
        await flash(_Lazy())  # type: ignore[arg-type]  # as extensions for translations do
        return "flashed"

    @app.get("/messages")
    async def messages() -> str:
        return str(get_flashed_messages())

    @app.websocket("/live")
    @login_required
    async def live() -> None:
        session["seen"] = True

    async with app.test_app():
        yield app


class _Lazy:
    """A translation that is made when it is shown."""

    def __html__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return "Welcome."


def sid(client: QuartClient) -> str | None:
    """The id in the cookie of the client."""
    assert client.cookie_jar is not None
    return next((one.value for one in client.cookie_jar if one.name == "session"), None)


async def get(client: QuartClient, path: str) -> str:
    """The text of a page."""
    return await (await client.get(path)).get_data(as_text=True)


async def test_a_visitor_has_no_session(app: Quart, store: Any) -> None:
    """A page that keeps nothing writes nothing, and sets no cookie."""
    client = QuartClient(app)
    assert await get(client, "/") == "False"
    assert (sid(client), store.keys()) == (None, [])


async def test_a_visitors_session_is_not_protected(app: Quart, store: Any) -> None:
    """A session that holds no login belongs to no client: nothing is written into it by a look at the user."""
    client = QuartClient(app)
    await client.post("/basket")
    await client.get("/", headers={"User-Agent": "another"})
    (key,) = store.keys()
    assert msgspec.msgpack.decode(store.get(key)) == {"_permanent": True, "basket": "full"}


async def test_a_login_gets_a_new_id(app: Quart, store: Any) -> None:
    """The content moves to the new id, and nothing is left under the old one."""
    client = QuartClient(app)
    await client.post("/basket")
    before = sid(client)
    await client.post("/login")
    assert store.keys() == [f"session:{sid(client)}".encode()]
    assert sid(client) != before
    assert msgspec.msgpack.decode(store.get(store.keys()[0]))["basket"] == "full"


async def test_a_planted_id_is_not_taken(app: Quart) -> None:
    """An id that Redis does not know is replaced."""
    client = QuartClient(app)
    client.set_cookie("localhost", "session", "planted")
    await client.post("/basket")
    assert sid(client) not in (None, "planted")


async def test_a_request_renews_the_time_only(app: Quart, store: Any) -> None:
    """A request that changes nothing renews how long Redis keeps the session, and does not write it again."""
    client = LoginClient(app, user=Person("ada"))
    await client.get("/")
    (key,) = store.keys()
    content = {**msgspec.msgpack.decode(store.get(key)), "meanwhile": True}
    store.set(key, msgspec.msgpack.encode(content), ex=1000)
    await client.get("/")
    assert msgspec.msgpack.decode(store.get(key)) == content
    assert store.ttl(key) > 1000


@pytest.mark.parametrize("refreshes", [True, False])
async def test_a_change_inside_a_list_is_kept(app: Quart, store: Any, refreshes: bool) -> None:
    """What is appended to a list in the session is kept without ``session.modified``, as by Flask-Session."""
    app.config["SESSION_REFRESH_EACH_REQUEST"] = refreshes

    @app.post("/put/<thing>")
    async def put(thing: str) -> str:
        session.setdefault("things", {"list": []})["list"].append(thing)
        return str(session["things"]["list"])

    client = QuartClient(app)
    for thing in ("tea", "milk", "sugar"):
        await client.post(f"/put/{thing}")
    (key,) = store.keys()
    assert msgspec.msgpack.decode(store.get(key))["things"] == {"list": ["tea", "milk", "sugar"]}


@dataclass
class Slow:
    """A request of the pages /slow/look and /slow/write: it has begun, and it may answer."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)


@pytest.fixture
def slow(app: Quart) -> Slow:
    """What the pages wait for, after they have read or changed the session."""
    slow = Slow()

    @app.get("/slow/<do>")
    async def answer(do: str) -> str:
        if do == "write":
            session["seen"] = session.get("seen", 0) + 1
        slow.begun.set()
        await slow.may_answer.wait()
        return str(current_user.is_authenticated)

    return slow


@pytest.mark.parametrize("do", ["look", "write"])
async def test_a_slow_request_undoes_no_login(app: Quart, slow: Slow, do: str) -> None:
    """A request that began before the login leaves the browser the cookie of the login."""
    client = QuartClient(app)
    await client.post("/basket")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(get(client, f"/slow/{do}"))
        await asyncio.wait_for(slow.begun.wait(), 30)
        await client.post("/login")
        slow.may_answer.set()
    assert await waiting == "False"
    assert await get(client, "/") == "True"


@pytest.mark.parametrize("keeps", [False, True], ids=["only the login", "a basket too"])
async def test_a_slow_request_undoes_no_logout(app: Quart, slow: Slow, store: Any, keeps: bool) -> None:
    """A request that began before the logout does not write the login back, not even for a copy of the cookie."""
    client, thief = LoginClient(app, user=Person("ada")), QuartClient(app)
    await client.get("/")
    if keeps:
        await client.post("/basket")
    thief.set_cookie("localhost", "session", str(sid(client)))
    assert await get(thief, "/") == "True"
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(get(client, "/slow/write"))
        await asyncio.wait_for(slow.begun.wait(), 30)
        await client.post("/logout")
        slow.may_answer.set()
    assert await waiting == "True"
    assert [await get(one, "/") for one in (client, thief)] == ["False", "False"]
    assert len(store.keys()) == keeps


async def test_a_translation_is_kept_as_text(app: Quart) -> None:
    """A message that is translated when it is shown is kept in the language of its request."""
    client = QuartClient(app)
    await client.get("/hello")
    assert await get(client, "/messages") == "['Welcome.']"


async def test_what_cannot_be_kept_is_an_error(app: Quart, store: Any) -> None:
    """A session with an object of the application is not written, and the request fails."""

    @app.get("/object")
    async def keep() -> str:
        session["object"] = object()
        return "kept"

    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert (await QuartClient(app).get("/object")).status_code == 500
    assert store.keys() == []


@pytest.mark.parametrize(
    "stored", [pickle.dumps({"_user_id": "ada"}), msgspec.json.encode(["_user_id"]), b"\xff", b""], ids=range(4)
)
async def test_what_is_no_session_begins_anew(app: Quart, store: Any, stored: bytes) -> None:
    """Pickled sessions of old versions, and what else is there, are nobody's; nothing is unpickled."""
    store.set("session:old", stored)
    client = QuartClient(app)
    client.set_cookie("localhost", "session", "old")
    assert await get(client, "/") == "False"
    await client.post("/basket")
    assert sid(client) not in (None, "old")


async def test_what_is_no_text_is_nobodys(app: Quart, store: Any) -> None:
    """A cookie may name a key that is a list, or anything: its sender is a visitor, and the key stays."""
    store.lpush("session:list", "another program's")
    for value in ("list", "\xff.\xff", "a" * 8000, "%00", '"\\377"'):
        client = QuartClient(app)
        assert (await client.get("/", headers={"Cookie": f"session={value}"})).status_code == 200
    assert store.keys() == [b"session:list"]


async def test_login_client(app: Quart) -> None:
    """LoginClient logs in with its first request; a websocket needs one before it."""
    client = LoginClient(app, user=Person("ada"))
    with pytest.raises(RuntimeError, match="first request"):
        client.websocket("/live")
    assert await get(client, "/") == "True"
    async with client.websocket("/live"):
        pass


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SESSION_TYPE", "filesystem"),
        ("SESSION_REDIS", redis.Redis()),
        ("SESSION_REDIS", "redis://:sesame@localhost"),
        ("SESSION_SERIALIZATION_FORMAT", "pickle"),
        ("SESSION_KEY_PREFIX", None),
        ("SESSION_ID_LENGTH", 7),
        ("SESSION_ID_LENGTH", "32"),
    ],
)
def test_settings_that_cannot_be_used(setting: str, value: object) -> None:
    """A setting of Flask-Session that is not supported is named before anything starts, and no password with it."""
    app = Quart(__name__)
    app.config[setting] = value
    with pytest.raises(ConfigurationError, match=setting) as raised:
        Session(app)
    assert "sesame" not in str(raised.value)


async def test_a_client_that_returns_text(app: Quart, redis_url: str, store: Any) -> None:
    """A client with decode_responses cannot read what msgpack wrote, and is named."""
    store.set("session:mine", b"text")
    client = redis.asyncio.from_url(redis_url, decode_responses=True)
    app.session_interface.client = client  # type: ignore[attr-defined]
    app.config["PROPAGATE_EXCEPTIONS"] = True
    browser = QuartClient(app)
    browser.set_cookie("localhost", "session", "mine")
    said: list[str] = []
    try:
        await browser.get("/")
    except* ConfigurationError as errors:  # in a group on Quart 0.23, alone on 0.22
        said += map(str, errors.exceptions)
    assert len(said) == 1
    assert "decode_responses" in said[0]
    await client.aclose()


async def test_markup_is_text(app: Quart) -> None:
    """Markup is kept as text, as by Flask-Session, and so is escaped where it is shown."""
    client = QuartClient(app)
    async with client.session_transaction() as kept:
        kept["message"] = Markup("<b>")
    async with client.session_transaction() as kept:
        assert type(kept["message"]) is str


@pytest.fixture
def cluster_url(tmp_path: Path) -> Iterator[str]:
    """A cluster of Redis that has one node."""
    program = needed(find_redis(), HOW_TO_GET_IT)
    options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--dir", str(tmp_path)]
    with run_redis(program, more_options=options) as url:
        node: Any = redis.from_url(url)
        with closing(node):
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            while b"cluster_state:ok" not in node.execute_command("CLUSTER", "INFO"):
                time.sleep(0.05)
        yield url


async def test_a_cluster(cluster_url: str) -> None:
    """Sessions are kept in a cluster of Redis as well; the name of the store has no case, as in Flask-Session."""
    app = Quart(__name__)
    LoginManager(app).user_loader(Person)
    app.config.update(SESSION_TYPE="Redis", SESSION_REDIS=redis.asyncio.RedisCluster.from_url(cluster_url))
    Session(app)

    @app.get("/")
    async def index() -> str:
        return str(current_user.is_authenticated)

    @app.post("/logout")
    async def logout() -> str:
        return str(logout_user())

    async with app.test_app():
        client = LoginClient(app, user=Person("ada"))
        assert await get(client, "/") == "True"
        await client.post("/logout")
        assert await get(client, "/") == "False"
