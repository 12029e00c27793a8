"""Starting the servers, and talking to them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from benchmarks.services.ports import free_port
from tests.serving.server import Browser, wait_until

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = "tests.servers.application:app"
RESPONSE_TIMEOUT = 60.0  # seconds for each step of a response, on a machine that is busy with other things
EXIT_TIMEOUT = 60.0  # seconds for a server to end; then it is killed

#: How each server is started: {port} is its port, and the last is the application.
COMMANDS: Mapping[str, Sequence[str]] = {
    "hypercorn": ("hypercorn", "--bind", "127.0.0.1:{port}"),
    "uvicorn": ("uvicorn", "--host", "127.0.0.1", "--port", "{port}"),
    "granian": ("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}"),
    "gunicorn": ("gunicorn", "--worker-class", "asgi", "--bind", "127.0.0.1:{port}"),
    "daphne": ("daphne", "-b", "127.0.0.1", "-p", "{port}"),
}
#: The option that tells a server the prefix under which it is reached.
PREFIX_OPTIONS = {"granian": "--url-path-prefix"}


@dataclass
class Running:
    """A server that runs, its port and its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def is_listening(self) -> bool:
        """Whether it accepts connections; an error if it has ended."""
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def seen(self) -> dict[str, Any]:
        """What the application has seen."""
        seen: dict[str, Any] = json.loads(Browser(self.port).get("/seen")[1])
        return seen


@contextmanager
def start(
    programs: Path,
    log: Path,
    command: Sequence[str],
    *options: str,
    application: str = APPLICATION,
    folder: Path = ROOT,
) -> Iterator[Running]:
    """Start a server of the environment whose programs are in *programs*; stop it at the end of the block."""
    port = free_port()
    program, *arguments = (part.format(port=port) for part in (*command, *options))
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [programs / program, *arguments, application],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "PATH": f"{programs}:{os.environ['PATH']}"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(process, port, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(EXIT_TIMEOUT)


@contextmanager
def serve(programs: Path, log: Path, name: str, *options: str) -> Iterator[Running]:
    """Start a server by its name, and wait until it listens."""
    with start(programs, log, COMMANDS[name], *options) as server:
        wait_until(server.is_listening)
        yield server


@dataclass
class Answer:
    """An answer without its body."""

    status: int
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def ask(server: Running, method: str, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a request of its own connection, and return the answer."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=RESPONSE_TIMEOUT)) as connection:
        connection.request(method, path, headers=dict(headers or {}))
        response: HTTPResponse = connection.getresponse()
        return Answer(response.status, response.headers["Location"], dict(response.headers.items()))


def open_websocket(server: Running, cookies: Mapping[str, str] | None = None) -> int:
    """The status with which the server answers the handshake of a websocket."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items()),
    }
    return ask(server, "GET", "/socket", headers).status


def leave(server: Running, path: str) -> None:
    """Send a request, and close the connection when its view has begun."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=RESPONSE_TIMEOUT) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        wait_until(lambda: "waiting" in server.seen()["events"])
