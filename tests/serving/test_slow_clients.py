"""Clients that send as slowly as they can (Slowloris)."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from tests.serving.server import RESPONSE_TIMEOUT, Browser, serve

MANY = 100
SOON = 20.0  # seconds that anybody else waits; a few hundredths are seen. One after the other they take 300.
BODY_TIMEOUT = 1  # second, and Hypercorn gives headers as many; hypercorn.toml has 10 and 5
HEAD = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
KINDS = {"nothing": b"", "half a head": HEAD, "half a body": HEAD + b"Content-Length: 9\r\n\r\nuser"}


def test_slow_clients(tmp_path: Path) -> None:
    """Slow clients delay no others and are disconnected after a timeout; half a body is answered with 408."""
    config = tmp_path / "hypercorn.toml"
    config.write_text("keep_alive_timeout = 1.0\n")
    with (
        serve(
            tmp_path, config=config, environment={"BODY_TIMEOUT": str(BODY_TIMEOUT), "ADDRESS_LIMITS": "false"}
        ) as server,
        ExitStack() as stack,
    ):
        slow: dict[str, list[socket.socket]] = {kind: [] for kind in KINDS}
        for kind, sent in KINDS.items():
            for _ in range(MANY):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), RESPONSE_TIMEOUT))
                client.sendall(sent)
                slow[kind].append(client)
        start = monotonic()
        assert Browser(server.port).get("/login")[0] == 200
        assert monotonic() - start < SOON
        answers = {kind: {read_all(client).partition(b"\r\n")[0] for client in slow[kind]} for kind in KINDS}
        assert answers["half a body"] == {b"HTTP/1.1 408 "}
        assert answers["nothing"] == {b""}
        assert not any(b" 200 " in answer for answer in answers["half a head"])
        assert Browser(server.port).get("/login")[0] == 200


def read_all(client: socket.socket) -> bytes:
    """Read until the server closes the connection; fail after a timeout."""
    received = b""
    while data := client.recv(65536):
        received += data
    return received
