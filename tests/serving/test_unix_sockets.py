"""Servers that listen at a unix socket."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from tests.serving.server import EXIT_TIMEOUT, RESPONSE_TIMEOUT, serve, start


def status_at(path: Path) -> bytes:
    """The status line of the login page, asked for at this socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(RESPONSE_TIMEOUT)
        client.connect(str(path))
        client.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return client.makefile("rb").readline().strip()


def test_a_second_server(tmp_path: Path) -> None:
    """A second server at the same path is refused, the first goes on, and what a killed one left is replaced."""
    path, folders = tmp_path / "http.sock", [tmp_path / name for name in ("first", "second", "third")]
    for folder in folders:
        folder.mkdir()
    with serve(folders[0], "--bind", f"unix:{path}") as first:
        assert status_at(path) == b"HTTP/1.1 200"
        with start(folders[1], "--bind", f"unix:{path}") as second:
            assert second.process.wait(EXIT_TIMEOUT) == 2
            assert f"Cannot listen at unix:{path}: another server does." in second.log.read_text()
        assert status_at(path) == b"HTTP/1.1 200"
        first.stop(signal.SIGKILL)
    with serve(folders[2], "--bind", f"unix:{path}"):
        assert status_at(path) == b"HTTP/1.1 200"
