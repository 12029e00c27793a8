"""The live page on real servers, with one or two workers and Redis."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from pydantic import SecretStr

from benchmarks.services.redis import HOW_TO_GET_IT, find_redis, run_redis
from benchmarks.services.websocket import Refused, WebsocketClient, connect
from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import Visitor
from tests.services.needed import needed
from tests.serving.server import serve

KEY = "a key that all servers have in common"


class Site:
    """Servers with a common database and key, and an application with the same ones for logging in."""

    def __init__(self, folder: Path, app: Application, **environment: str) -> None:
        self._folder = folder
        self._app = app
        self._environment = {
            "SECRET_KEY": KEY,
            "DATABASE_URL": f"sqlite:///{folder / 'microblog.sqlite3'}",
            "PASSWORD_METHOD": app.settings.password_method,
            **environment,
        }
        self._servers = ExitStack()

    def serve(self) -> str:
        """Start a server; return its address."""
        folder = self._folder / f"server-{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        server = self._servers.enter_context(serve(folder, environment=self._environment))
        return f"http://127.0.0.1:{server.port}"

    def stop(self) -> None:
        """Stop the servers and wait for their end."""
        self._servers.close()

    async def visitor(self, name: str) -> Visitor:
        """A browser that is logged in."""
        visitor = Visitor(self._app)
        await visitor.register(name, email=f"{name}@example.com")
        await visitor.login(name)
        return visitor


@asynccontextmanager
async def site_in(folder: Path, **environment: str) -> AsyncIterator[Site]:
    """A site without servers; those that are started are stopped at the end."""
    settings = Settings(
        instance_path=folder,
        database_url=SecretStr(f"sqlite:///{folder / 'microblog.sqlite3'}"),
        secret_key=SecretStr(KEY),
        password_method="pbkdf2:sha256:1",
        send_mails=False,
    )
    app = create_app(settings)
    async with app.test_app():
        site = Site(folder, app, **environment)
        try:
            yield site
        finally:
            site.stop()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site without Redis."""
    async with site_in(tmp_path) as site:
        yield site


@asynccontextmanager
async def open_page(visitor: Visitor, address: str) -> AsyncIterator[WebsocketClient]:
    """Open the websocket of the page at a server."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookie_jar or ())
    headers = {"Origin": address, "Cookie": cookies, "User-Agent": visitor.agent}
    async with connect(f"{address}/live/ws", headers) as client:
        yield client


async def seen(client: WebsocketClient, *names: str) -> None:
    """Wait until exactly these people are online."""
    while json.loads(await client.receive())["names"] != list(names):
        pass


async def test_logged_out_from_elsewhere(site: Site) -> None:
    """A logout in another process closes the websocket with 1008, within five seconds."""
    susan, address = await site.visitor("susan"), site.serve()
    async with open_page(susan, address) as client:
        await seen(client, "susan")
        await susan.logout()
        logged_out = monotonic()
        assert await client.until_closed() == 1008
        assert monotonic() - logged_out < (5 if os.environ.get("CHECKS") == "full" else 15)


async def test_size_of_messages(site: Site) -> None:
    """A message of 64 KiB reaches the application; with one byte more the server closes the websocket."""
    susan, address = await site.visitor("susan"), site.serve()
    for size, code in ((65536, 1003), (65537, 1009)):
        async with open_page(susan, address) as client:
            await seen(client, "susan")
            await client.send("x" * size)
            assert await client.until_closed() == code


async def test_refusals_are_answers(site: Site) -> None:
    """Visitors and other sites get a status instead of a websocket."""
    susan, address = await site.visitor("susan"), site.serve()
    with pytest.raises(Refused) as refused:
        async with connect(f"{address}/live/ws", {"Origin": address}):
            pass
    assert refused.value.status == 401
    with pytest.raises(Refused) as refused:
        async with open_page(susan, address) as client, connect(f"{address}/live/ws", {"Origin": "https://evil.test"}):
            await client.receive()
    assert refused.value.status == 403
    assert "Set-Cookie" not in refused.value.headers


async def test_server_stops_at_once(site: Site) -> None:
    """SIGTERM closes websockets with 1001, without waiting for the graceful timeout of ten seconds."""
    susan, address = await site.visitor("susan"), site.serve()
    async with AsyncExitStack() as pages:
        clients = [await pages.enter_async_context(open_page(susan, address)) for _ in range(3)]
        for client in clients:
            await seen(client, "susan")
        told = monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(site.stop))
        assert [await client.until_closed() for client in clients] == [1001, 1001, 1001]
        await stopping
        assert monotonic() - told < 8


async def test_two_servers(tmp_path: Path, redis_url: str) -> None:
    """Users at one server are shown at the other, until they leave or the server stops."""
    async with site_in(tmp_path, REDIS_URL=redis_url) as site:
        susan, henry = await site.visitor("susan"), await site.visitor("henry")
        one, two = site.serve(), site.serve()
        async with open_page(susan, one) as hers:
            async with open_page(henry, two) as his:
                await seen(hers, "henry", "susan")
                await seen(his, "henry", "susan")
                async with open_page(henry, one):
                    pass
            await seen(hers, "susan")


async def test_redis_restarts(tmp_path: Path) -> None:
    """Without Redis websockets stay open; after its restart users of the other server are shown again."""
    program = needed(find_redis(), HOW_TO_GET_IT)
    with ExitStack() as first_redis:
        url = first_redis.enter_context(run_redis(program))
        async with site_in(tmp_path, REDIS_URL=url) as site:
            susan, henry, ida = [await site.visitor(name) for name in ("susan", "henry", "ida")]
            one, two = site.serve(), site.serve()
            async with open_page(susan, one) as hers, open_page(henry, two) as his:
                await seen(hers, "henry", "susan")
                first_redis.close()
                async with open_page(ida, one):
                    await seen(hers, "henry", "ida", "susan")
                    with run_redis(program, port=int(url.rpartition(":")[2])):
                        await seen(his, "henry", "ida", "susan")
