"""A server with a certificate that stops while a client is silent."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.serving.certificate import with_certificate
from tests.serving.server import RESPONSE_TIMEOUT, Server, serve

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
