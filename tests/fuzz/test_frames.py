"""Generated websocket frames, sent to a Hypercorn that serves the application in this process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypercorn.config import Config
from hypothesis import given
from hypothesis import strategies as st
from quart.testing import QuartClient

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.live.hub import current_hub
from quart_app.settings import Settings
from tests.app.visitor import Visitor
from tests.fuzz.budget import examples
from tests.fuzz.corpus import kept, tell
from tests.fuzz.odd import BYTES
from tests.fuzz.work import little_work
from tests.serving.in_process import served
from tests.serving.server import CONFIG

_HANDSHAKE = (
    "GET /live/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: {cookies}\r\n"
    "User-Agent: Quart\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
_CLOSE_TIMEOUT = 20.0  # seconds until a websocket is gone, on both sides; long, because the machine may be busy
_MASK = b"\x11\x22\x33\x44"
_MESSAGES = [0x00, 0x01, 0x02, 0x80, 0x81, 0x82]  # of a message in parts, or whole: text, bytes
_CONTROL = [0x88, 0x89, 0x8A, 0x08, 0x09]  # close, ping, pong, and two of these that claim not to be whole
_SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 2**31, 2**63 - 1, 2**64 - 1]

_contents = st.one_of(
    BYTES, st.sampled_from(["", "\x03\xe8", "\x03", "\xff\xff", "\x03\xed", "\xc3", "a" * 126, "a" * 65_537])
)
#: A frame as it is kept in the corpus: its first byte, whether it is masked, the length that it claims to have (None
#: is its own), and the content.
_frames = st.tuples(
    st.one_of(st.sampled_from([*_MESSAGES, *_CONTROL]), st.integers(0, 255)),
    st.booleans() | st.just(True),
    st.none() | st.none() | st.sampled_from(_SIZES),
    _contents,
).map(list)
#: Frames, and in pieces of which size they are sent.
_conversations = st.tuples(st.lists(_frames, max_size=5), st.sampled_from([1, 7, 1000, 100_000])).map(list)


def encoded(first: int, is_masked: bool, claimed: int | None, content: str) -> bytes:
    """The encoded frame (RFC 6455, section 5.2)."""
    body = content.encode("latin-1")
    length = len(body) if claimed is None else claimed
    mask = 0x80 if is_masked else 0
    if length < 126:
        head = bytes([first, mask | length])
    elif length < 2**16:
        head = bytes([first, mask | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([first, mask | 127]) + length.to_bytes(8, "big")
    if not is_masked:
        return head + body
    return head + _MASK + bytes(byte ^ _MASK[number % 4] for number, byte in enumerate(body))


@dataclass
class Place:
    """The port of the application, and the handshake of its user."""

    app: Application
    port: int
    handshake: bytes


@pytest.fixture
async def place(settings: Settings) -> AsyncIterator[Place]:
    """Serve the application on the event loop of this test."""
    app = create_app(settings)
    async with served(app, Config.from_toml(CONFIG)) as port:
        visitor = Visitor(app)
        await visitor.register()
        await visitor.login()
        assert visitor.client.cookie_jar is not None
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookie_jar)
        yield Place(app, port, _HANDSHAKE.format(port=port, cookies=cookies).encode())


async def converse(place: Place, sent: bytes, size: int) -> None:
    """Open a websocket, send these bytes in pieces, end the output, and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            writer.write(place.handshake)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            with suppress(ConnectionError):  # it may have hung up already
                for start in range(0, len(sent), size):
                    writer.write(sent[start : start + size])
                    await writer.drain()
                writer.write_eof()
                await reader.read()
    finally:
        writer.close()


async def until_gone(place: Place) -> None:
    """Wait until the application has no websocket."""
    async with asyncio.timeout(_CLOSE_TIMEOUT):
        while current_hub.of(place.app).sockets:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)


@kept("frames")
@examples(30)
@given(case=_conversations)
async def test_frames(place: Place, caplog: pytest.LogCaptureFixture, case: list[Any]) -> None:
    """After any frames the websocket ends, nothing of it is left, no error is logged, and others are served."""
    tell(case)
    frames, size = case
    sent = b"".join(encoded(*frame) for frame in frames)
    with little_work(len(sent)):
        await converse(place, sent, max(size, len(sent) // 100))
    await until_gone(place)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert (await QuartClient(place.app).get("/healthz")).status_code == 200
