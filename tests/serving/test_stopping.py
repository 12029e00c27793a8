"""A server that stops although clients stay: a silent one with TLS, and one whose request never ends."""

from __future__ import annotations

import socket
import ssl
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.serving.certificate import with_certificate
from tests.serving.server import CONFIG, RESPONSE_TIMEOUT, Browser, Server, serve

_AT_MOST = 20.0  # seconds: asyncio and uvloop would wait for 30, the application waits for 5, and the machine is busy


def connect(server: Server) -> ssl.SSLSocket:
    """A connection with a finished handshake."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the certificate is the test's own
    connection = socket.create_connection(("127.0.0.1", server.port), RESPONSE_TIMEOUT)
    return context.wrap_socket(connection)


@pytest.mark.parametrize("worker_class", ["asyncio", "uvloop"])
def test_a_silent_client_does_not_delay_the_stop(tmp_path: Path, worker_class: str) -> None:
    """A client that answers no ``close_notify`` holds the stop for seconds, and the exit status is 0."""
    config = with_certificate(tmp_path)
    text = config.read_text()
    assert text.count('worker_class = "asyncio"') == 1
    config.write_text(text.replace('worker_class = "asyncio"', f'worker_class = "{worker_class}"'))
    with serve(tmp_path, config=config) as server, closing(connect(server)):
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < _AT_MOST


def test_an_unfinished_handshake_does_not_delay_the_stop(tmp_path: Path) -> None:
    """A client that never begins its TLS handshake holds the stop for ``ssl_handshake_timeout`` at most."""
    with (
        serve(tmp_path, config=with_certificate(tmp_path)) as server,
        socket.create_connection(("127.0.0.1", server.port), RESPONSE_TIMEOUT),
        closing(connect(server)),  # so the first has been accepted before
    ):
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < _AT_MOST


def test_an_endless_request_does_not_delay_the_stop(tmp_path: Path) -> None:
    """A client that never finishes its form holds the stop for ``graceful_timeout``, and the exit status is 0."""
    config, text = tmp_path / "hypercorn.toml", CONFIG.read_text()
    assert text.count("graceful_timeout = 10.0") == 1
    config.write_text(text.replace("graceful_timeout = 10.0", "graceful_timeout = 1.0"))
    with (
        serve(tmp_path, config=config, environment={"BODY_TIMEOUT": "300"}) as server,
        socket.create_connection(("127.0.0.1", server.port), RESPONSE_TIMEOUT) as connection,
    ):
        browser = Browser(server.port)
        browser.token("/login")  # with a session, because other forms are refused before the body is read
        headers = "".join(f"{name}: {value}\r\n" for name, value in browser.all_headers().items())
        head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: 1000\r\n\r\ncsrf_token="
        connection.sendall(head.encode())
        assert browser.get("/login")[0] == 200  # so it has been accepted before
        began = time.monotonic()
        assert server.stop() == 0
        # With Python 3.12 the supervisor kills the worker: 1 + 20 + 5 seconds.
        assert time.monotonic() - began < (_AT_MOST + 9 if sys.version_info[:2] == (3, 12) else _AT_MOST)
