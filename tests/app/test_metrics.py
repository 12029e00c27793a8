"""The metrics: what is counted, and who may read it."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import pytest
from quart import websocket
from quart.testing.connections import WebsocketResponseError
from sqlalchemy import text

from quart_app.accounts.passwords import PasswordHasher
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.operation.metrics import Metrics, current_metrics
from tests.app.visitor import Visitor

_KEY = "the key that signs all cookies"
_TOKEN = "the token of the metrics"


def value(metrics: str, name: str, **labels: str) -> float:
    """The value of a sample, or 0."""
    wanted = ",".join(f'{label}="{text}"' for label, text in sorted(labels.items()))
    found = re.search(rf"^{re.escape(name + (f'{{{wanted}}}' if wanted else ''))} (\S+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_requests(visitor: Visitor) -> None:
    """Requests are counted by method, route and class of status, with their duration."""
    await visitor.register()
    await visitor.get("/account")
    await visitor.get("/account")
    written = (await visitor.get("/metrics")).text
    assert value(written, "http_requests_total", method="GET", route="/account", status="3xx") == 2
    assert value(written, "http_requests_total", method="POST", route="/register", status="3xx") == 1
    assert value(written, "http_request_duration_seconds_count", method="GET", route="/account") == 2


async def test_clients_make_no_labels(visitor: Visitor) -> None:
    """Unknown paths and methods share one sample, however many a client sends."""
    for number in range(3):
        await visitor.get(f"/nowhere/{number}")
        await visitor.client.open("/nowhere", method=f"METHOD{number}", json=None)
        await visitor.post(f"/account/sessions/{UUID(int=number)}/end", {})
    written = (await visitor.get("/metrics")).text
    assert value(written, "http_requests_total", method="GET", route="none", status="4xx") == 3
    assert value(written, "http_requests_total", method="other", route="none", status="4xx") == 3
    ended = "/account/sessions/<uuid:session_id>/end"
    assert value(written, "http_requests_total", method="POST", route=ended, status="4xx") == 3
    assert "nowhere" not in written
    assert "METHOD" not in written


async def test_faults_are_counted(visitor: Visitor, app: Application) -> None:
    """An error is counted with the status that the client got."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    async def fail() -> NoReturn:
        raise LookupError

    app.view_functions["accounts.login"] = fail
    await visitor.get("/login")
    written = (await visitor.get("/metrics")).text
    assert value(written, "http_requests_total", method="GET", route="/login", status="5xx") == 1


async def test_websockets(app: Application) -> None:
    """Open websockets are a gauge, and closed ones are counted."""

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    visitor = Visitor(app)
    async with visitor.client.websocket("/echo", headers={"Origin": "http://localhost"}) as socket:
        await socket.send("hello")
        assert await socket.receive() == "hello"
    async with visitor.client.websocket("/echo", headers={"Origin": "http://localhost"}) as socket:
        await socket.send("hello")
        await socket.receive()
        assert value((await visitor.get("/metrics")).text, "websockets_open") == 1
    with pytest.raises(WebsocketResponseError):
        async with visitor.client.websocket("/echo", headers={"Origin": "https://elsewhere.example"}) as socket:
            await socket.receive()
    written = (await visitor.get("/metrics")).text
    assert value(written, "websockets_open") == 0
    assert value(written, "http_requests_total", method="WEBSOCKET", route="/echo", status="4xx") == 1
    assert value(written, "http_requests_total", method="WEBSOCKET", route="/echo", status="1xx") == 2
    assert value(written, "http_request_duration_seconds_count", method="WEBSOCKET", route="/echo") == 1  # refused


async def test_hashes() -> None:
    """Queued hashes are a gauge, until they begin or are cancelled, and their duration is measured."""
    metrics, gate = Metrics(), threading.Event()
    hasher = PasswordHasher("pbkdf2:sha256:1", threads=1, queue=3, metrics=metrics)
    hasher._threads.submit(gate.wait)
    waiting = [asyncio.create_task(hasher.hash("correct horse")) for _ in range(3)]
    await asyncio.sleep(0)
    assert value(metrics.as_text().decode(), "password_hashes_waiting") == 3
    waiting.pop().cancel()
    await asyncio.sleep(0)
    assert value(metrics.as_text().decode(), "password_hashes_waiting") == 2
    gate.set()
    await asyncio.gather(*waiting)
    await hasher.close()
    written = metrics.as_text().decode()
    assert value(written, "password_hashes_waiting") == 0
    assert value(written, "password_hash_duration_seconds_count") == 2


async def test_connections(app: Application) -> None:
    """Connections that are used are a gauge."""
    async with current_database.of(app).session() as session:
        await session.execute(text("SELECT 1"))
        assert value(current_metrics.of(app).as_text().decode(), "database_connections_in_use") == 1
    assert value(current_metrics.of(app).as_text().decode(), "database_connections_in_use") == 0


@pytest.mark.parametrize(
    ("environment", "token", "sent", "status"),
    [
        ("development", None, None, 200),
        ("development", None, "Bearer anything", 200),
        ("development", _TOKEN, None, 401),
        ("production", None, None, 404),
        ("production", None, "Bearer ", 404),
        ("production", _TOKEN, None, 401),
        ("production", _TOKEN, "", 401),
        ("production", _TOKEN, _TOKEN, 401),
        ("production", _TOKEN, f"Bearer {_TOKEN}é", 401),
        ("production", _TOKEN, f"Bearer {_TOKEN}", 200),
    ],
)
async def test_who_may_read(tmp_path: Path, environment: str, token: str | None, sent: str | None, status: int) -> None:
    """With a token only its owner may read; without one all may, but in production nobody."""
    app = create_app(
        {
            "instance_path": tmp_path,
            "environment": environment,
            "secret_key": _KEY,
            "mail_url": "file:",
            "metrics_token": token,
        }
    )
    headers = {} if sent is None else {"Authorization": sent}
    page = await Visitor(app).get("/metrics", headers)
    assert page.status == status
    assert page.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    assert ("http_requests" in page.text) == (status == 200)


def test_applications_count_for_themselves(tmp_path: Path) -> None:
    """Two applications in one process have separate metrics."""
    one, other = (current_metrics.of(create_app({"instance_path": tmp_path / name})) for name in ("one", "other"))
    one.count_event("registered")
    assert "registered" not in other.as_text().decode()
