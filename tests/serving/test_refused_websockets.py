"""Refused websockets of an application with compat alone, on Hypercorn behind an nginx that keeps its connections."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, request

from benchmarks.services.ports import free_port
from compat import LoginManager, UserMixin, login_required
from tests.checks.proxy import Proxy, proxy


def _refuse_and_post(running: Proxy) -> list[tuple[int, int]]:
    """The statuses of three refused handshakes, and of the request after each."""
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    seen = []
    for _ in range(3):
        refused = running.exchange("/live/ws", headers=handshake)
        posted = running.exchange("/", method="POST", body=b"some text")
        seen.append((refused.status, posted.status))
    return seen


async def test_the_next_request(tmp_path: Path) -> None:
    """The request after a refused websocket is answered, though nginx keeps connections to the server open."""
    app = Quart(__name__)
    app.secret_key = "only for this test"
    login_manager: LoginManager[UserMixin] = LoginManager(app)

    @login_manager.user_loader
    async def load_user(user_id: str) -> None: ...

    @app.websocket("/live/ws")
    @login_required
    async def for_members() -> None: ...

    @app.post("/")
    async def post() -> str:
        return str(len(await request.get_data()))

    config, serving, stop = Config(), asyncio.Event(), asyncio.Event()

    async def until_stopped() -> None:
        serving.set()
        await stop.wait()

    config.bind = [f"127.0.0.1:{free_port()}"]
    task = asyncio.create_task(serve(app, config, shutdown_trigger=until_stopped))
    try:
        await serving.wait()
        with proxy("nginx.conf", tmp_path, int(config.bind[0].rpartition(":")[2])) as running:
            seen = await asyncio.to_thread(_refuse_and_post, running)
    finally:
        stop.set()
        await task
    assert seen == [(401, 200)] * 3
