"""The applications of recipes.md do what the page says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient
from werkzeug import security

from compat import LoginClient
from tests.docs.pages import DOCS, programs
from tests.serving.in_process import served

VECTORS = DOCS.parent / "tests" / "app" / "foreign_hashes" / "vectors.jsonl"

pytestmark = pytest.mark.quick
# Quart-Session 3.0.0 calls what redis-py has declared deprecated.
on_quart_session = pytest.mark.filterwarnings(
    r"ignore:Call to deprecated setex:DeprecationWarning:quart_session\.sessions"
)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The application of the page, with cheap hashes."""
    cheap = partial(security.generate_password_hash, method="scrypt:1024:1:1")
    monkeypatch.setattr(security, "generate_password_hash", cheap)
    with programs(DOCS / "recipes.md") as (made, _):
        yield made


@pytest.fixture
async def over_hypercorn(example: Any) -> AsyncIterator[str]:
    """The host and port at which Hypercorn serves the application."""
    async with served(example.app) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture
async def on_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Quart]:
    """The application whose sessions are in Redis, started."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    with programs(DOCS / "recipes.md") as (_, made):
        app: Quart = made.app
        async with app.test_app():
            yield app
            interface: Any = app.session_interface
            await interface.backend.aclose()


def browser_with(app: Quart, sid: str) -> QuartClient:
    """A browser that has the id of a session, and no other cookie."""
    browser = QuartClient(app)
    browser.set_cookie("localhost", "session", sid)
    return browser


def session_id(browser: QuartClient) -> str:
    """The id of the session in the browser's cookie."""
    assert browser.cookie_jar is not None
    return str(next(one.value for one in browser.cookie_jar if one.name == "session"))


def client(example: Any, name: str | None, **login: bool) -> LoginClient:
    """The browser of a user, or of a visitor."""
    return LoginClient(example.app, user=name and example.USERS[name], **login)


async def test_closed_accounts(example: Any) -> None:
    """Closed accounts cannot log in and are logged out at once."""
    assert (await client(example, None).post("/login", form={"name": "eve"})).status_code == 403

    susan = client(example, None)
    assert (await susan.post("/login", form={"name": "susan"})).location == "/articles"
    assert (await susan.get("/articles")).status_code == 200
    example.USERS["susan"].closed = True
    assert (await susan.get("/articles")).status_code == 302


@pytest.mark.parametrize(("name", "status"), [("susan", 200), ("john", 403), (None, 302)])
async def test_roles(example: Any, name: str | None, status: int) -> None:
    """Users with the role are let in; others are refused, and visitors sent to log in."""
    assert (await client(example, name).get("/edit")).status_code == status


async def test_keys_open_the_api(example: Any) -> None:
    """An API key logs in; without one, or with that of a closed account, the response is JSON."""
    for key, status in (("john's key", 200), ("eve's key", 401), ("", 401)):
        answer = await client(example, None).get("/api/me", headers={"X-API-Key": key})
        assert answer.status_code == status
        assert "Set-Cookie" not in answer.headers
    assert await (await client(example, "susan").get("/api/me")).get_json() == {"name": "susan"}


async def test_a_key_is_not_fresh(example: Any) -> None:
    """A key is not a fresh login."""
    answer = await client(example, None).get("/delete", headers={"X-API-Key": "john's key"})

    assert answer.location.startswith("/confirm")


async def test_the_password_again(example: Any) -> None:
    """A stale login is redirected to the confirmation, and is fresh afterwards."""
    susan = client(example, "susan", fresh_login=False)

    assert (await susan.get("/delete")).location == "/confirm?next=%2Fdelete"
    assert (await susan.post("/confirm")).location == "/delete"
    assert (await susan.get("/delete")).status_code == 200


@pytest.mark.parametrize("name", ["susan", "john"])
async def test_passwords_of_another_library(example: Any, name: str) -> None:
    """The right password logs in and replaces the old hash, so that it logs in without the old library, too."""
    form = {"name": name, "password": "correct horse battery staple"}
    old = example.HASHES[name]
    assert (await client(example, None).post("/login/password", form=form | {"password": "wrong"})).status_code == 403
    assert example.HASHES[name] == old

    assert (await client(example, None).post("/login/password", form=form)).location == "/articles"

    assert example.HASHES[name].startswith("scrypt:")
    example.OLD = None
    assert (await client(example, None).post("/login/password", form=form)).location == "/articles"


async def test_no_password_is_right(example: Any) -> None:
    """A damaged or unknown hash, and an unknown name, are refused like a wrong password."""
    for stored in ("", "$", "sha1$", "sha1$a$\u00e9", "$2b$12$short", "pbkdf2:x$y", "scrypt:", "plain"):
        assert not example.is_right(stored, "wrong")
        assert not example.is_right(stored, "")
    example.HASHES["susan"] = "plain"
    for name in ("susan", "nobody"):
        form = {"name": name, "password": ""}
        assert (await client(example, None).post("/login/password", form=form)).status_code == 403


def test_hashes_of_other_libraries(example: Any) -> None:
    """The recipe reads what those libraries have written, passwords above 72 bytes included."""
    vectors = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    read = {"werkzeug", *example.BY_PASSLIB}
    checked = [vector for vector in vectors if vector["scheme"] in read]
    assert {vector["scheme"] for vector in checked} == read
    for vector in checked:
        assert example.is_right(vector["hash"], vector["password"]), vector
        assert not example.is_right(vector["hash"], "wrong"), vector


async def test_work_in_the_background(example: Any) -> None:
    """A background task has its user after the request has ended."""
    async with example.app.test_app():
        assert (await client(example, "susan").post("/report")).status_code == 202

    assert example.sent == ["susan"]


async def test_a_stream_ends_with_its_login(example: Any, over_hypercorn: str) -> None:
    """Over Hypercorn, the stream sends events until the account is gone, says so, and ends."""
    example.EVERY = 0.01
    login = await client(example, None).post("/login", form={"name": "susan"})
    session = next(header for header in login.headers.getlist("Set-Cookie") if header.startswith("session="))

    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection(*over_hypercorn.split(":"))
        cookie = session.partition(";")[0]
        writer.write(f"GET /news HTTP/1.1\r\nHost: {over_hypercorn}\r\nCookie: {cookie}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"data: news\n\n")
        await reader.readuntil(b"data: news\n\n")
        del example.USERS["susan"]
        rest = await reader.readuntil(b"\r\n0\r\n\r\n")  # the last chunk
        writer.close()

    assert head.startswith(b"HTTP/1.1 200")
    assert b"event: ended\n" in rest


async def test_a_stream_needs_a_login(example: Any) -> None:
    """A visitor is sent to log in, before any stream begins."""
    assert (await client(example, None).get("/news")).status_code == 302


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("https://www.example.com/a?b=1", "https://www.example.com/a?b=1"),
        ("/edit", "/edit"),
        ("http://www.example.com/a", "/articles"),
        ("https://evil.test/a", "/articles"),
    ],
)
async def test_a_login_leads_back_to_an_allowed_host(example: Any, wanted: str, location: str) -> None:
    """A user is redirected to a page of a listed host and of this site, and to no other."""
    response = await client(example, "susan").get("/welcome", query_string={"next": wanted})

    assert response.location == location


def test_a_command_may_await(example: Any) -> None:
    """The command runs on an event loop of its own."""
    done = example.app.test_cli_runner().invoke(args=["close", "susan"])

    assert done.output == "susan is closed.\n"
    assert example.USERS["susan"].closed


@on_quart_session
async def test_a_planted_session_id_is_worth_nothing(on_redis: Quart) -> None:
    """After a login the id that the browser had before names no session, and the basket has moved to the new one."""
    attacker = QuartClient(on_redis)
    await attacker.post("/basket")
    planted = session_id(attacker)
    susan = browser_with(on_redis, planted)

    await susan.post("/login")

    assert session_id(susan) != planted
    answer = await susan.get("/")
    assert await answer.get_data(as_text=True) == "Hi, susan! Your basket is full."
    assert (await attacker.get("/")).status_code == 401
    keys = await on_redis.session_interface.backend.keys()  # type: ignore[attr-defined]  # Quart-Session's
    assert keys == [f"session:{session_id(susan)}"]


@on_quart_session
async def test_logging_out_ends_copies(on_redis: Quart) -> None:
    """A copy of the cookie is logged out with the browser."""
    susan = QuartClient(on_redis)
    await susan.post("/login")
    copy = browser_with(on_redis, session_id(susan))
    assert (await copy.get("/")).status_code == 200

    await susan.post("/logout")

    assert (await copy.get("/")).status_code == 401


async def test_quick_pages(example: Any) -> None:
    """The application of the short ways answers pages, twice the same, as text with its length."""
    browser = QuartClient(example.pages)
    for _ in range(2):
        answer = await browser.get("/")
        assert (answer.status_code, await answer.get_data(as_text=True)) == (200, "This page is /.")
        assert answer.content_length == len("This page is /.")
