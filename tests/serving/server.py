"""Starts ``python -m quart_app.serve`` on a free port, and a browser without JavaScript to use it with."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.services.ports import free_port
from tests.services.tables import sqlite_file

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "hypercorn.toml"
# Seconds; long, because the machine may be busy with other things.
CONDITION_TIMEOUT = 60.0  # until a condition holds, such as a finished start
EXIT_TIMEOUT = 60.0  # until a process has ended
RESPONSE_TIMEOUT = 60.0  # until a connection is made, and for each read of a response
PASSWORD = "correct horse battery"
CHEAP_HASH = "pbkdf2:sha256:1"  # where passwords are not what a test is about: a real one is a third of a second
# Seconds for the setting of that name, where it is not what a test is about. A hash gets the CPU time that is left: on
# a busy machine a login with a real one would be answered 503 after the default of three.
WAITING_TIME = "60"
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')


@dataclass
class Server:
    """A running server: its process, its port, the file with its log, and the unix sockets that it also listens at."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    unix_sockets: tuple[str, ...] = ()

    @property
    def workers(self) -> list[int]:
        """The process ids of its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill_worker(self) -> None:
        """Kill one worker with SIGKILL, as the kernel does when memory runs out."""
        os.kill(self.workers[0], signal.SIGKILL)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        self.process.send_signal(by)
        return self.process.wait(EXIT_TIMEOUT)

    def wait_for_log(self, text: str) -> None:
        wait_until(lambda: text in self.log.read_text(errors="replace"))

    def is_listening(self) -> bool:
        at_port = _accepts(socket.AF_INET, ("127.0.0.1", self.port))
        return at_port and all(_accepts(socket.AF_UNIX, path) for path in self.unix_sockets)


def _accepts(family: socket.AddressFamily, address: tuple[str, int] | str) -> bool:
    with socket.socket(family) as probe:
        probe.settimeout(RESPONSE_TIMEOUT)
        return probe.connect_ex(address) == 0


@contextmanager
def serve(
    instance: Path,
    *options: str,
    config: Path = CONFIG,
    environment: Mapping[str, str] | None = None,
    umask: int = -1,
    port: int | None = None,
    root: Path = ROOT,
    with_tables: bool = True,
) -> Iterator[Server]:
    """Run the server with its data in this folder, at this port or a free one.

    Arguments:
        instance: an existing folder.
        options: more options of the command.
        config: Hypercorn's configuration.
        environment: further variables.
        umask: of the process; -1 for the one that there is.
        port: where it listens; None for a free one.
        root: the folder of the packages: the repository, or a copy of it.
        with_tables: whether it finds a new SQLite database with all tables, and need not create them: that takes a
            quarter of the CPU time of a start.
    """
    with start(
        instance,
        *options,
        config=config,
        environment=environment,
        umask=umask,
        port=port,
        root=root,
        with_tables=with_tables,
    ) as server:
        wait_until(lambda: server.is_listening() or server.process.poll() is not None)
        if server.process.poll() is not None:
            raise RuntimeError(f"The server did not start:\n{server.log.read_text(errors='replace')}")
        yield server


@contextmanager
def start(
    instance: Path,
    *options: str,
    config: Path = CONFIG,
    environment: Mapping[str, str] | None = None,
    umask: int = -1,
    port: int | None = None,
    root: Path = ROOT,
    with_tables: bool = True,
) -> Iterator[Server]:
    """Start a server like :func:`serve`, but do not wait until it responds."""
    port, log = port or free_port(), instance / "server.log"
    environment = {"WAITING_TIME": WAITING_TIME, **(environment or {})}
    if environment.get("ENVIRONMENT") != "production":  # which refuses it
        environment = {"PASSWORD_METHOD": CHEAP_HASH, **environment}
    database = instance / "microblog.sqlite3"
    if with_tables and not database.exists() and not environment.keys() & {"DATABASE_URL", "INSTANCE_PATH"}:
        shutil.copy(sqlite_file(), database)
    command = [
        sys.executable,
        "-m",
        "quart_app.serve",
        "--config",
        str(config),
        "--bind",
        f"127.0.0.1:{port}",
        *options,
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=root,
            env={**os.environ, "INSTANCE_PATH": str(instance), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=umask,
        )
    try:
        at = tuple(option.removeprefix("unix:") for option in options if option.startswith("unix:"))
        yield Server(process, port, log, at)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(EXIT_TIMEOUT)


@dataclass
class Browser:
    """A client that keeps cookies and opens a new connection for each request."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, fields: dict[str, str] | str | None = None) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=RESPONSE_TIMEOUT)
        try:
            body = urlencode(fields) if isinstance(fields, dict) else fields
            connection.request(method, path, body, self.all_headers())
            response = connection.getresponse()
            self.keep_cookies(response)
            return response.status, response.read().decode()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        return self.request("GET", path)

    def token(self, path: str) -> str:
        """The CSRF token of the form on this page."""
        found = _TOKEN.search(self.get(path)[1])
        assert found, f"no form at {path}"
        return found[1]

    def submit(self, path: str, **fields: str) -> tuple[int, str]:
        """Open the page and send its form."""
        return self.request("POST", path, {"csrf_token": self.token(path), **fields})

    def register(self, username: str) -> int:
        return self.submit(
            "/register",
            username=username,
            email=f"{username}@example.com",
            password=PASSWORD,
            password2=PASSWORD,
        )[0]

    def login(self, username: str) -> int:
        return self.submit("/login", username=username, password=PASSWORD)[0]

    def all_headers(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return {**form, **({"Cookie": cookie} if cookie else {}), **self.headers}

    def keep_cookies(self, response: HTTPResponse) -> None:
        for header in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds; fail after ``CONDITION_TIMEOUT``."""
    deadline = time.monotonic() + CONDITION_TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "The condition did not hold in time."
        time.sleep(0.02)
