"""One worker of ``python -m quart_app.serve`` with a database of its own, and cookies of users who are logged in."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import create_engine
from werkzeug.security import generate_password_hash

from benchmarks.environment import CHEAP_HASH
from benchmarks.load.accounts import PASSWORD, add_accounts
from benchmarks.load.agent import AGENT
from benchmarks.load.cookies import database_url, write_cookies
from benchmarks.servers import Server
from benchmarks.services.ports import free_port
from quart_app.application import Application
from quart_app.factory import create_app

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 60.0  # seconds for the server to start, to answer and to stop, on a busy machine


def _settings(folder: Path) -> dict[str, str]:
    settings = {"INSTANCE_PATH": str(folder), "LOG_LEVEL": "WARNING", "ADDRESS_LIMITS": "false", "WAITING_TIME": "60"}
    return {**settings, "ENVIRONMENT": "development", "PASSWORD_METHOD": CHEAP_HASH}


def make_logins(folder: Path, count: int) -> Path:
    """Fill the database with users, and return a file of their cookies."""
    app = create_app({name.lower(): value for name, value in _settings(folder).items()})
    asyncio.run(_make_tables(app))
    engine = create_engine(database_url(app))
    add_accounts(engine, count, generate_password_hash(PASSWORD, CHEAP_HASH))
    engine.dispose()
    file = folder / "cookies"
    write_cookies(app, file, count)
    return file


async def _make_tables(app: Application) -> None:
    async with app.test_app():
        pass


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
        process = subprocess.Popen(command, cwd=source, env={**os.environ, **_settings(folder)}, stdout=log, stderr=log)  # noqa: S603 - our own command
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
