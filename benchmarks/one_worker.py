"""One worker of ``python -m quart_app.serve`` with a database of its own, and cookies of users who are logged in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.load.agent import AGENT
from benchmarks.servers import Server
from benchmarks.services.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 60.0  # seconds for the server to start, to answer and to stop, on a busy machine


def _environment(folder: Path) -> dict[str, str]:
    settings = {"INSTANCE_PATH": str(folder), "LOG_LEVEL": "WARNING", "ADDRESS_LIMITS": "false", "WAITING_TIME": "60"}
    return {**os.environ, **settings, "ENVIRONMENT": "development", "PASSWORD_METHOD": "pbkdf2:sha256:1"}


def make_logins(folder: Path, count: int) -> Path:
    """Fill the database with users, and return a file of their cookies."""
    file = folder / "cookies"
    seed = [sys.executable, "-m", "quart", "--app", "quart_app", "seed", "--users", str(count)]
    cookies = [sys.executable, "-m", "benchmarks.load.cookies", "--count", str(count), "--to", str(file)]
    for command in (seed, cookies):
        subprocess.run(command, check=True, cwd=ROOT, env=_environment(folder), stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    return file


@contextmanager
def served(source: Path, folder: Path, *options: str, port: int | None = None) -> Iterator[Server]:
    """A worker of the application in *source*, on the first core.

    Arguments:
        source: a checkout of this project.
        folder: its database and its log.
        options: of the server, if it listens at more than the port.
        port: where it listens without TLS; None for any free one.
    """
    port = port or free_port()
    command = [*on_core(0), sys.executable, "-m", "quart_app.serve", "--workers", "1"]
    command += options or ("--bind", f"127.0.0.1:{port}")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=source, env=_environment(folder), stdout=log, stderr=log)  # noqa: S603 - our own command
    try:
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                page_time(port, "")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "server.log").read_text()) from None
                time.sleep(0.1)
        worker = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        yield Server(port, int(worker))
    finally:
        process.terminate()
        process.wait(TIMEOUT)


def page_time(port: int, cookie: str) -> float:
    """Seconds until the home page has arrived."""
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/", headers={"Cookie": cookie, "User-Agent": AGENT} if cookie else {})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    if cookie and response.status != 200:
        raise RuntimeError(f"The page was answered {response.status}")
    return time.perf_counter() - began


def on_core(number: int) -> list[str]:
    """The prefix of a command that pins it to a core; empty where there is no such core."""
    return ["taskset", "--cpu-list", str(number)] if (os.cpu_count() or 1) > number else []
