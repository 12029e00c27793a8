"""Refused websockets of an application with compat alone, on Hypercorn behind an nginx that keeps its connections."""

from __future__ import annotations

import asyncio
from pathlib import Path

from quart import Quart, request

from compat import LoginManager, UserMixin, login_required
from tests.checks.proxy import Proxy, proxy
from tests.serving.in_process import served


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

    async with served(app) as port:
        with proxy("nginx.conf", tmp_path, port) as running:
            seen = await asyncio.to_thread(_refuse_and_post, running)
    assert seen == [(401, 200)] * 3
