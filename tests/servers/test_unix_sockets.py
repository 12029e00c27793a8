"""What docs/servers.md says of unix sockets, on the servers themselves."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.servers.running import COMMANDS, RESPONSE_TIMEOUT, start
from tests.serving.server import wait_until

_OPTIONS = {
    "hypercorn": ("--bind", "unix:{socket}"),
    "uvicorn": ("--uds", "{socket}"),
    "granian": ("--interface", "asgi", "--uds", "{socket}"),
    "gunicorn": ("--worker-class", "asgi", "--bind", "unix:{socket}"),
    "daphne": ("-u", "{socket}"),
}


def get(path: str, file: Path, *headers: str) -> bytes:
    """The body of the answer to a request through a unix socket; empty if nothing answers."""
    request = "\r\n".join([f"GET {path} HTTP/1.0", "Host: localhost", *headers, "", ""])
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(RESPONSE_TIMEOUT)
        connection.connect(str(file))
        connection.sendall(request.encode())
        received = b""
        while part := connection.recv(65_536):
            received += part
        return received.partition(b"\r\n\r\n")[2]
    return b""


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_address(name: str, programs: Path, tmp_path: Path) -> None:
    """All clients have one address, whatever they write into ``X-Forwarded-For``."""
    file = tmp_path / "socket"
    command = (name, *(option.format(socket=file) for option in _OPTIONS[name]))
    with start(programs, tmp_path / "log", command) as server:
        wait_until(lambda: server.process.poll() is None and get("/seen", file) != b"")
        addresses = {json.loads(get("/seen", file, *sent))["address"] for sent in ((), ("X-Forwarded-For: 192.0.2.7",))}

    assert addresses == {"" if name == "granian" else "<local>"}
