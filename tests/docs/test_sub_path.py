"""The applications of sub-path.md do what the page says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.middleware import DispatcherMiddleware
from quart.testing import QuartClient

from benchmarks.services.ports import free_port
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.docs.pages import DOCS, programs
from tests.serving.server import RESPONSE_TIMEOUT, wait_until

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
    """A prefix that is no plain path is ignored."""
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
    config = Config()
    config.bind = [f"127.0.0.1:{free_port()}"]
    stop = asyncio.Event()
    task = asyncio.create_task(serve(both, config, shutdown_trigger=stop.wait))
    try:
        await asyncio.to_thread(wait_until, lambda: _location(config.bind[0], "/blog/account") is not None)
        answer = await asyncio.to_thread(_location, config.bind[0], "/blog/account")
        assert answer == "/blog/login?next=%2Fblog%2Faccount"
        assert await asyncio.to_thread(_location, config.bind[0], "/sub/account") == "/sub/login?next=%2Fsub%2Faccount"
    finally:
        stop.set()
        await task


def _location(address: str, path: str) -> str | None:
    """Where the server redirects; None if it does not respond yet."""
    connection = HTTPConnection(address, timeout=RESPONSE_TIMEOUT)
    try:
        connection.request("GET", path)
        return connection.getresponse().headers["Location"]
    except ConnectionError:
        return None
    finally:
        connection.close()
