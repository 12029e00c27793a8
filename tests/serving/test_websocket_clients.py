"""The websocket as other people's clients see it, on Hypercorn, with and without its way to refuse handshakes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import httpx
import httpx_ws
import jsonschema_rs
import pytest
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from quart_app.application import Application
from quart_app.factory import create_app
from tests.app.program import Program, with_token
from tests.serving.in_process import served


class Refusal(NamedTuple):
    """The answer to a handshake; without a body where the client does not show it."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class Opened(NamedTuple):
    """The first message, the subprotocol that the server has chosen, and the code with which it closes at the end."""

    message: str
    subprotocol: str | None
    code: int | None


#: Opens a URL with these headers and subprotocols, says something, and reads until it is closed.
Open = Callable[[str, Mapping[str, str], Sequence[str]], Awaitable[Opened | Refusal]]


async def open_by_websockets(url: str, headers: Mapping[str, str], subprotocols: Sequence[str]) -> Opened | Refusal:
    """With the library websockets."""
    wanted = [Subprotocol(each) for each in subprotocols]
    try:
        async with connect(url, additional_headers=headers, subprotocols=wanted or None) as websocket:
            message = str(await websocket.recv())
            await asyncio.wait_for(await websocket.ping(), 60)
            await websocket.send("hello")
            try:
                while True:
                    await websocket.recv()
            except ConnectionClosed as closed:
                return Opened(message, websocket.subprotocol, None if closed.rcvd is None else closed.rcvd.code)
    except InvalidStatus as refused:
        answer = refused.response
        return Refusal(answer.status_code, dict(answer.headers.raw_items()), bytes(answer.body))


async def open_by_aiohttp(url: str, headers: Mapping[str, str], subprotocols: Sequence[str]) -> Opened | Refusal:
    """With the library aiohttp."""
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, headers=headers, protocols=subprotocols) as websocket,
        ):
            message = await websocket.receive_str()
            await websocket.ping()
            await websocket.send_str("hello")
            while not websocket.closed:
                await websocket.receive()
            return Opened(message, websocket.protocol, websocket.close_code)
    except aiohttp.WSServerHandshakeError as refused:
        return Refusal(refused.status, dict(refused.headers or {}), None)


async def open_by_httpx(url: str, headers: Mapping[str, str], subprotocols: Sequence[str]) -> Opened | Refusal:
    """With the library httpx-ws."""
    wanted = [*subprotocols] or None
    websocket: httpx_ws.AsyncWebSocketSession
    try:
        async with (
            httpx.AsyncClient() as client,
            httpx_ws.aconnect_ws(url, client, headers=dict(headers), subprotocols=wanted) as websocket,
        ):
            message = await websocket.receive_text()
            await websocket.ping()
            await websocket.send_text("hello")
            try:
                while True:
                    await websocket.receive_text()
            except httpx_ws.WebSocketDisconnect as closed:
                return Opened(message, websocket.subprotocol, closed.code)
    except httpx_ws.WebSocketUpgradeError as refused:
        return Refusal(refused.response.status_code, refused.response.headers, None)


every_client = pytest.mark.parametrize("open_websocket", [open_by_websockets, open_by_aiohttp, open_by_httpx])


@pytest.fixture
def app(tmp_path: Path) -> Application:
    """An application with one user."""
    return create_app(
        {
            "instance_path": tmp_path,
            "secret_key": "only for this test, and long enough",
            "password_method": "pbkdf2:sha256:1",
            "live_sockets_per_user": 1,
        }
    )


@asynccontextmanager
async def site(app: Application) -> AsyncIterator[tuple[str, str]]:
    """The application on Hypercorn: the URL of its websocket, and a token of its user."""
    async with served(app) as port:
        await Program(app).register()
        yield f"ws://127.0.0.1:{port}/live/ws", str((await with_token(app)).token)


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


@every_client
async def test_it_opens(app: Application, open_websocket: Open) -> None:
    """A token opens it, in a header or as a subprotocol; the message is as described, and who speaks is closed."""
    async with site(app) as (url, token):
        document = (await Program(app).send("GET", "/asyncapi.json")).json
        schema = document["components"]["schemas"]["Online"]
        for headers, subprotocols, chosen in ((bearer(token), [], None), ({}, ["bearer", token], "bearer")):
            opened = await open_websocket(url, headers, subprotocols)
            assert isinstance(opened, Opened)
            jsonschema_rs.validate(schema, json.loads(opened.message))
            assert (opened.subprotocol, opened.code) == (chosen, 1003)


@every_client
async def test_it_is_refused(app: Application, open_websocket: Open) -> None:
    """Each refusal is a problem with its status: no login, a wrong token, no such address, and one too many."""
    async with site(app) as (url, token):
        async with connect(url, additional_headers=bearer(token)) as first:
            await first.recv()
            seen = [
                await open_websocket(url, {}, []),
                await open_websocket(url, bearer("x"), []),
                await open_websocket(url, {}, ["bearer"]),
                await open_websocket(f"{url}/nowhere", bearer(token), []),
                await open_websocket(url, bearer(token), []),
                await open_websocket(url, {"Cookie": "session=x"}, []),
            ]
        refusals = [each for each in seen if isinstance(each, Refusal)]
    assert [refused.status for refused in refusals] == [401, 401, 401, 404, 429, 403]
    for refused in refusals:
        headers = {name.lower(): value for name, value in refused.headers.items()}
        assert headers["content-type"] == "application/problem+json"
        assert headers.get("www-authenticate", "").startswith("Bearer") is (refused.status == 401)
        assert ("retry-after" in headers) is (refused.status == 429)
        if refused.body is not None:
            assert json.loads(refused.body)["status"] == refused.status


async def test_a_request_is_no_handshake(app: Application) -> None:
    """A request whose ``Upgrade`` was lost is 426, by HTTP/1.1 and by HTTP/2, which has no such header."""
    async with site(app) as (url, token):
        address = url.replace("ws", "http", 1)
        async with httpx.AsyncClient() as client:
            for _ in range(2):  # on one connection
                answer = await client.get(address, headers=bearer(token))
                assert (answer.status_code, answer.headers["Upgrade"]) == (426, "websocket")
        done = await asyncio.create_subprocess_exec(
            *("curl", "--silent", "--include", "--http2-prior-knowledge", address), stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await done.communicate()
    assert printed.startswith(b"HTTP/2 426")
    assert b"upgrade:" not in printed


@every_client
async def test_a_server_that_cannot_say_why(app: Application, open_websocket: Open) -> None:
    """Without ASGI's extension each refusal is 403 without a body, and who may come in does."""
    inner: Any = app.asgi_app

    async def without_the_extension(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await inner({**scope, "extensions": {}}, receive, send)

    app.asgi_app = without_the_extension  # type: ignore[method-assign]
    async with site(app) as (url, token):
        refused = await open_websocket(url, {}, [])
        assert isinstance(refused, Refusal)
        assert (refused.status, refused.body or b"") == (403, b"")
        assert isinstance(await open_websocket(url, bearer(token), []), Opened)
