"""The examples of the pages do what the pages say."""

from __future__ import annotations

import asyncio
import fnmatch
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import flask_wtf
import pytest
import quart_wtf
from flask_wtf.csrf import generate_csrf as flask_token
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from quart.testing import QuartClient
from quart_wtf.utils import generate_csrf as quart_token
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.exc import DetachedInstanceError

from compat import LoginClient
from tests.browser.server import serve
from tests.docs.pages import DOCS, ROOT, answered, blocks, programs

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # Flask-Login 0.6.3


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("page", "wrong", "right", "greeting"),
    [
        (ROOT / "README.md", {"password": "dog"}, {"password": "cat"}, "Hi, susan!"),
        (
            DOCS / "start.md",
            {"name": "susan", "password": "cat"},
            {"name": "susan", "password": "a fine day for a walk"},
            "Hi, susan!",
        ),
    ],
)
async def test_first_example_logs_in(page: Path, wrong: dict[str, str], right: dict[str, str], greeting: str) -> None:
    """The first application of README and site lets its user in, and no visitor."""
    with programs(page) as (example,):
        client = QuartClient(example.app)
        refused = await client.post("/login?next=/", form=wrong)
        assert "<form" in await refused.get_data(as_text=True)
        assert (await client.get("/")).status_code == 302

        arrived = await client.post("/login?next=/", form=right, follow_redirects=True)
        assert greeting in await arrived.get_data(as_text=True)


async def test_first_example_logs_out() -> None:
    """The user of the site's first application can log out."""
    with programs(DOCS / "start.md") as (example,):
        client = LoginClient(example.app, user=example.USERS["susan"], remember=True)
        await client.post("/logout")
        assert (await client.get("/")).status_code == 302


# --- porting.md: two applications behind one proxy

#: What the proxy of the page says of the browser.
_PROXY = {
    "Host": "example.com",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "example.com",
    "User-Agent": "Browser/1.0",
}
REMEMBER = "remember_token"


class Browser:
    """One browser in front of the two applications of the porting guide."""

    def __init__(self, old: Any, new: Any) -> None:
        self._clients = {"old": old.test_client(use_cookies=False), "new": QuartClient(new, use_cookies=False)}
        self.cookies: dict[str, str] = {}

    async def get(self, path: str) -> str:
        return await self._send("get", path)

    async def post(self, path: str, **headers: str) -> str:
        return await self._send("post", path, **headers)

    async def _send(self, method: str, path: str, **headers: str) -> str:
        side = path.split("/")[1]
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = getattr(self._clients[side], method)(path, headers={**_PROXY, **headers, "Cookie": cookie})
        if side == "new":
            response = await response
        assert response.status_code == 200
        for written in response.headers.getlist("Set-Cookie"):
            name, _, value = written.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        text: str = response.text if side == "old" else await response.get_data(as_text=True)
        return text


@pytest.fixture
def side_by_side() -> Iterator[Any]:
    """The two applications of the page, as it shows them."""
    with programs(DOCS / "porting.md") as (old, new):
        yield old.old, new.new


@pytest.mark.parametrize(
    ("forgotten", "protection"),
    [([], "strong"), ([REMEMBER], "strong"), (["session"], "basic")],
    ids=["both", "session", "remember cookie"],
)
@pytest.mark.parametrize(("first", "second"), [("old", "new"), ("new", "old")])
async def test_logged_in_at_one_is_logged_in_at_the_other(
    side_by_side: tuple[Any, Any], first: str, second: str, forgotten: list[str], protection: str
) -> None:
    """Session and remember cookie are valid at both applications, and a logout at one ends both."""
    for app in side_by_side:
        app.login_manager.session_protection = protection
    browser = Browser(*side_by_side)
    await browser.post(f"/{first}/login")
    for name in forgotten:
        del browser.cookies[name]

    assert await browser.get(f"/{second}/name") == "susan"
    assert await browser.get(f"/{first}/name") == "susan"

    await browser.post(f"/{second}/logout")
    assert await browser.get(f"/{first}/name") == "nobody"


@pytest.mark.parametrize(
    ("lost", "name"),
    [(REMEMBER, "susan"), ("session", "nobody")],
)
async def test_the_way_back_after_the_last_step(side_by_side: tuple[Any, Any], lost: str, name: str) -> None:
    """With the new token format the old application accepts sessions but no remember cookies."""
    old, new = side_by_side
    del new.config["REMEMBER_COOKIE_ISSUE"]
    browser = Browser(old, new)
    await browser.post("/new/login")
    del browser.cookies[lost]

    assert await browser.get("/old/name") == name


@pytest.mark.parametrize(("first", "second"), [("old", "new"), ("new", "old")])
async def test_forms_of_one_may_be_sent_to_the_other(side_by_side: tuple[Any, Any], first: str, second: str) -> None:
    """Flask-WTF and Quart-WTF accept each other's tokens."""
    old, new = side_by_side
    flask_wtf.CSRFProtect(old)
    quart_wtf.CSRFProtect(new)
    old.add_url_rule("/old/token", view_func=flask_token)
    new.add_url_rule("/new/token", view_func=quart_token)
    browser = Browser(old, new)

    token = await browser.get(f"/{first}/token")

    sent = {"X-CSRFToken": token, "Referer": "https://example.com/"}
    assert await browser.post(f"/{second}/login", **sent) == "Welcome."


async def test_without_the_middleware_session_protection_sees_somebody_else(side_by_side: tuple[Any, Any]) -> None:
    """Without step 5 of the port session protection sees another client."""
    old, new = side_by_side
    new.login_manager.session_protection = "strong"
    inner = new.asgi_app.app

    async def without_proxy_fix(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await inner(scope, receive, send)

    new.asgi_app = without_proxy_fix
    browser = Browser(old, new)
    await browser.post("/old/login")
    del browser.cookies[REMEMBER]

    assert await browser.get("/new/name") == "nobody"


# --- sqlalchemy.md


@pytest.fixture
async def example() -> AsyncIterator[Any]:
    """The example of the page, with its SQLite file and one user."""
    with programs(DOCS / "sqlalchemy.md") as (module,):
        async with module.app.test_app():
            async with module.sessions.begin() as session:
                session.add(module.User(id=1, name="susan"))
            yield module


@pytest.fixture
def client(example: Any) -> LoginClient:
    """A client that is logged in as that user."""
    return LoginClient(example.app, user=example.User(id=1))


async def _stored(example: Any) -> Any:
    async with example.sessions() as session:
        return await session.get(example.User, 1)


async def test_views_of_the_page_read_and_write(example: Any, client: LoginClient) -> None:
    """Each view does what the page says."""
    await client.post("/visit")
    await client.post("/visit")
    assert (await _stored(example)).visits == 2
    assert await (await client.post("/rename", form={"name": "Sue"})).get_json() == {"name": "Sue"}
    await client.post("/reset")
    assert (await _stored(example)).visits == 0
    assert (await client.post("/posts", form={"text": "Hello"})).status_code == 201
    assert await (await client.get("/posts")).get_json() == {"user": "Sue", "posts": ["Hello"]}


async def test_relationships_of_a_detached_user_cannot_be_read(example: Any) -> None:
    """Reading ``current_user.posts`` of a detached user is an error."""
    user = await example.load_user("1")
    with pytest.raises(DetachedInstanceError):
        _ = user.posts


async def test_changes_of_a_detached_user_are_not_written(example: Any) -> None:
    """Changes of a detached user are silently lost."""
    user = await example.load_user("1")
    user.name = "Sue"
    async with example.sessions.begin():
        pass
    assert (await _stored(example)).name == "susan"


async def test_an_added_user_belongs_to_one_session(example: Any) -> None:
    """A user that was added to a session cannot be added to another one."""
    user = await example.load_user("1")
    async with example.sessions() as one, example.sessions() as another:
        one.add(user)
        with pytest.raises(InvalidRequestError, match="already attached"):
            another.add(user)


async def test_merge_puts_back_what_others_have_changed(example: Any, client: LoginClient) -> None:
    """``merge`` overwrites what other requests have changed meanwhile."""
    user = await example.load_user("1")
    await client.post("/visit")
    async with example.sessions.begin() as session:
        await session.merge(user)
    assert (await _stored(example)).visits == 0


# --- websockets.md


@pytest.mark.parametrize(("origin", "status"), [("http://localhost", 101), ("https://evil.example", 403)])
async def test_websocket_of_the_page_is_for_its_own_site(origin: str, status: int) -> None:
    """The websocket refuses pages of other sites and serves its own."""
    from quart.testing.connections import WebsocketResponseError

    with programs(DOCS / "websockets.md") as (example, _):
        client = LoginClient(example.app, user=example.User("susan"))
        seen = 101
        try:
            async with client.websocket("/echo", headers={"Origin": origin}) as socket:
                await socket.send("hello")
                assert await socket.receive() == "susan: hello"
        except WebsocketResponseError as refused:
            seen = refused.response.status_code
    assert seen == status


async def test_websocket_of_the_page_ends_with_its_login() -> None:
    """When the loader no longer finds the user, the websocket is closed with a reason."""
    code: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def nobody(_user_id: str) -> None:
        return None

    with programs(DOCS / "websockets.md") as (example, _):
        example.EVERY = 0.0
        inner = example.app.asgi_app

        async def watched(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            async def send_and_see(message: ASGISendEvent) -> None:
                if message["type"] == "websocket.close":
                    code.set_result(message["code"])
                await send(message)

            await inner(scope, receive, send_and_see)

        example.app.asgi_app = watched
        client = LoginClient(example.app, user=example.User("susan"))
        with suppress(Exception):  # Quart 0.22's test client says by an error that it was closed, 0.23's does not
            async with client.websocket("/news", headers={"Origin": "http://localhost"}) as socket:
                assert await socket.receive() == "news"
                example.load_user = nobody
                async with asyncio.timeout(60):
                    await asyncio.shield(code)

    assert code.result() == 1008


# --- json-api.md


def test_json_api_answers_what_the_page_shows(tmp_path: Path) -> None:
    """The commands of the page print the output that it shows."""
    shown = "".join(block.code for block in blocks(DOCS / "json-api.md", "console"))
    steps = answered(shown)
    instance = tmp_path / "instance"
    instance.mkdir()
    with serve(instance, LOG_LEVEL="ERROR") as url:
        script = "".join(f"{command}\necho; echo ---\n" for command, _ in steps)
        python = Path(sys.executable).parent
        done = subprocess.run(  # noqa: S603 - what the page tells everybody to type
            ["bash", "-euc", script.replace("localhost:8000", url.removeprefix("http://"))],  # noqa: S607
            env={
                **os.environ,
                "PATH": f"{python}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "INSTANCE_PATH": str(instance),
                "LOG_LEVEL": "ERROR",
            },
            capture_output=True,
            text=True,
            check=True,
        )
    printed = done.stdout.split("---\n")
    for (command, expected), real in zip(steps, printed, strict=False):
        pattern = re.sub(r"[\[\]?*]", lambda match: f"[{match[0]}]", expected.strip()).replace("...", "*")
        assert fnmatch.fnmatchcase(real.strip(), pattern), f"{command}\n{real}"
