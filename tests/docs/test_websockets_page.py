"""The programs of websockets.md on a real server: they do what the page says, and end when the server stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from benchmarks.services.ports import free_port
from tests.docs.pages import DOCS, ROOT, blocks, prose
from tests.serving.server import EXIT_TIMEOUT, RESPONSE_TIMEOUT, wait_until

pytestmark = pytest.mark.served

_BIND = '"localhost:5000"'
_SECONDS_OF_THE_PAGE = "STOP_TIMEOUT = 10.0"
_AT_MOST = 50.0  # seconds; long, because the machine may be busy with other things, and less than without a limit
_CLOSED = b"\x88\x13\x03\xe9The server stops."  # a frame with 1001 and its reason: RFC 6455, sections 5.5.1 and 7.4.1
_MASKED_ANSWER = b"\x88\x82\0\0\0\0\x03\xe9"


@contextmanager
def page(folder: Path, *, stop_timeout: float | None = None) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the program of the page; its process and its port."""
    port = free_port()
    *server, client = (block.code for block in blocks(DOCS / "websockets.md", "python"))
    (folder / "client.py").write_text(client.replace("localhost:5000", f"127.0.0.1:{port}"))
    program = "\n\n".join(server)
    for old, new in (
        (_BIND, f'"127.0.0.1:{port}"'),
        (_SECONDS_OF_THE_PAGE, f"STOP_TIMEOUT = {stop_timeout or 10.0}"),
    ):
        assert program.count(old) == 1, old
        program = program.replace(old, new)
    (folder / "example.py").write_text(program)
    process = subprocess.Popen([sys.executable, "example.py"], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        wait_until(lambda: _is_listening(port) or process.poll() is not None)
        yield process, port
    finally:
        process.kill()
        process.wait(EXIT_TIMEOUT)


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def open_websocket(port: int, path: str) -> socket.socket:
    """Log in and open a websocket."""
    connection = HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)
    connection.request("POST", "/log-in")
    cookie = str(connection.getresponse().getheader("Set-Cookie")).partition(";")[0]
    connection.close()
    websocket = socket.create_connection(("127.0.0.1", port), RESPONSE_TIMEOUT)
    websocket.sendall(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nCookie: {cookie}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert _read_until(websocket, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
    return websocket


def _read_until(connection: socket.socket, end: bytes) -> bytes:
    seen = b""
    while end not in seen:
        more = connection.recv(4096)
        assert more, f"closed after {seen!r}"
        seen += more
    return seen


def stop(process: subprocess.Popen[bytes]) -> float:
    """Send SIGTERM; the time at which it was sent."""
    process.send_signal(signal.SIGTERM)
    return time.monotonic()


def test_the_client_of_the_page(tmp_path: Path) -> None:
    """The page's client logs in, opens the websocket of the page's server, and prints what the page says."""
    with page(tmp_path) as (_, port):
        assert f"127.0.0.1:{port}" in (tmp_path / "client.py").read_text()
        printed = subprocess.check_output([sys.executable, "client.py"], cwd=tmp_path, text=True)
    assert f"It prints `{printed.strip()}`." in prose(DOCS / "websockets.md")


@pytest.mark.parametrize("path", ["/echo", "/news"])
def test_endless_views_end_with_the_server(tmp_path: Path, path: str) -> None:
    """A client that stays is told so with 1001, and does not hold the server."""
    # With a limit that is not what ends the server.
    with page(tmp_path, stop_timeout=60.0) as (process, port), open_websocket(port, path) as websocket:
        began = stop(process)
        _read_until(websocket, _CLOSED)
        websocket.sendall(_MASKED_ANSWER)
        assert process.wait(EXIT_TIMEOUT) == 0
        assert time.monotonic() - began < _AT_MOST


def test_a_silent_client_holds_the_server_for_a_limited_time(tmp_path: Path) -> None:
    """A client that does not answer the 1001, and does not leave, holds the server for STOP_TIMEOUT at most."""
    with page(tmp_path, stop_timeout=1.0) as (process, port), open_websocket(port, "/echo") as websocket:
        began = stop(process)
        _read_until(websocket, _CLOSED)
        assert process.wait(EXIT_TIMEOUT) == 0
        assert time.monotonic() - began < _AT_MOST
