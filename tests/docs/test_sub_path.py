"""The applications of sub-path.md do what the page says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from hypercorn.middleware import DispatcherMiddleware
from quart import Quart, request
from quart.testing import QuartClient

from compat import login_user, logout_user
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.docs.pages import DOCS, programs
from tests.serving.in_process import served
from tests.serving.server import RESPONSE_TIMEOUT

pytestmark = pytest.mark.quick


@pytest.fixture
def example() -> Iterator[Any]:
    """The page's application."""
    with programs(DOCS / "sub-path.md") as (made,):
        yield made


async def login_below(
    app: Any, mount: str, *, path: str, headers: dict[str, str] | None = None, root_path: str = ""
) -> None:
    """A visitor is sent to log in below the mount, and returns there."""
    client = QuartClient(app)
    refused = await client.get(f"{path}/account", headers=headers, root_path=root_path)
    assert refused.location == f"{mount}/login?next={mount.replace('/', '%2F')}%2Faccount"
    login = refused.location.removeprefix(mount)
    returning = await client.post(f"{path}{login}", headers=headers, root_path=root_path)
    assert returning.location == f"{mount}/account"
    without_next = await client.post(f"{path}/login", headers=headers, root_path=root_path)
    assert without_next.location == f"{mount}/"
    page = await client.get(f"{path}/account", headers=headers, root_path=root_path)
    assert page.status_code == 200


@pytest.mark.parametrize("mount", ["/sub", "/a/b.c"])
async def test_a_stripped_prefix(example: Any, mount: str) -> None:
    """A login works below a prefix that the proxy strips and names."""
    await login_below(example.app, mount, path="", headers={"X-Forwarded-Prefix": f"/earlier, {mount}/"})


@pytest.mark.parametrize("sent", ["//evil.test", "/../x", "sub", "", "/", "https://evil.test", "/a b"])
async def test_a_prefix_that_is_no_path(example: Any, sent: str) -> None:
    """A prefix that is not a plain path is ignored."""
    await login_below(example.app, "", path="", headers={"X-Forwarded-Prefix": sent})


async def test_a_kept_prefix(example: Any) -> None:
    """A login works below the server's ``root_path``, which the proxy keeps in the path."""
    await login_below(example.app, "/sub", path="/sub", root_path="/sub")
    assert (await QuartClient(example.app).get("/account", root_path="/sub")).status_code == 404
    assert (await QuartClient(example.app).get("/sub", root_path="/sub")).status_code == 404


async def test_a_dispatcher(example: Any, tmp_path: Path) -> None:
    """A login works in applications that Hypercorn's dispatcher mounts, this one and quart_app, and both start."""
    microblog = create_app(Settings(instance_path=tmp_path))
    both = DispatcherMiddleware({"/blog": microblog, **example.both.mounts})
    async with served(both) as port:
        address = f"127.0.0.1:{port}"
        for mount in ("/blog", "/sub"):
            expected = f"{mount}/login?next={mount.replace('/', '%2F')}%2Faccount"
            assert await asyncio.to_thread(_location, address, f"{mount}/account") == expected
        # Quart cuts the mount off and looks no further; quart_app does.
        assert await asyncio.to_thread(_location, address, "/subaccount") == "/sub/login?next=%2Fsub%2Faccount"
        assert await asyncio.to_thread(_location, address, "/blogaccount") is None


async def test_another_mount_that_begins_alike(example: Any) -> None:
    """The first mount of a dispatcher takes the paths of another one that begins with the same letters."""
    way = Quart("way")
    way.add_url_rule("/account", view_func=lambda: "way")
    async with served(DispatcherMiddleware({"/sub": example.app, "/subway": way})) as port:
        address = f"127.0.0.1:{port}"
        assert await asyncio.to_thread(_status, address, "/subway/account") == 404
    async with served(DispatcherMiddleware({"/subway": way, "/sub": example.app})) as port:
        address = f"127.0.0.1:{port}"
        assert await asyncio.to_thread(_status, address, "/subway/account") == 200


async def test_cookies_of_one_path(example: Any) -> None:
    """With the settings of the page a browser sends the cookies below the mount only, and logging out deletes them."""
    app: Quart = example.app
    other = Quart("other")
    app.config.update(SESSION_COOKIE_PATH="/sub/", REMEMBER_COOKIE_PATH="/sub/")

    @app.post("/remember")
    async def remember() -> str:
        login_user(example.User(), remember=True)
        return "in"

    @app.post("/logout")
    async def logout() -> str:
        logout_user()
        return "out"

    @other.get("/")
    async def names() -> list[str]:
        return list(request.cookies)

    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))

    def visit(address: str) -> None:
        def get(path: str, data: bytes | None = None) -> str:
            with browser.open(f"http://{address}{path}", data, timeout=RESPONSE_TIMEOUT) as response:
                return str(response.read().decode())

        assert get("/sub/remember", b"") == "in"
        assert {(cookie.name, cookie.path) for cookie in jar} == {("session", "/sub/"), ("remember_token", "/sub/")}
        assert get("/sub/account") == "Susan's account"
        assert json.loads(get("/other/")) == []
        jar.clear_session_cookies()
        assert get("/sub/account") == "Susan's account"
        assert get("/sub/logout", b"") == "out"
        assert "remember_token" not in {cookie.name for cookie in jar}

    async with served(DispatcherMiddleware({"/sub": app, "/other": other})) as port:
        await asyncio.to_thread(visit, f"127.0.0.1:{port}")


def _location(address: str, path: str) -> str | None:
    """Where the server redirects."""
    answer = _answer(address, path)
    return None if answer is None else answer.headers["Location"]


def _status(address: str, path: str) -> int | None:
    """The status of the answer; None if the server does not respond yet."""
    answer = _answer(address, path)
    return None if answer is None else answer.status


def _answer(address: str, path: str) -> HTTPResponse | None:
    connection = HTTPConnection(address, timeout=RESPONSE_TIMEOUT)
    try:
        connection.request("GET", path)
        return connection.getresponse()
    except ConnectionError:
        return None
    finally:
        connection.close()
