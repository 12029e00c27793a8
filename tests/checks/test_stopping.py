"""A server that is stopped, and an SQLite database that cannot be written."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, event

from quart_app.application import Application
from quart_app.database import current_database
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally
from tests.serving.server import EXIT_TIMEOUT, RESPONSE_TIMEOUT, Browser, serve, wait_until

IN_FLIGHT = 10
PEOPLE = 200  # more than fit on the pages that there are


@pytest.mark.check(30)
def test_requests_in_flight(tmp_path: Path, tally: Tally) -> None:
    """Ten registrations that are being sent at SIGTERM are completed, and the exit status is 0."""
    with serve(tmp_path, environment={"ADDRESS_LIMITS": "false", "PASSWORD_METHOD": "pbkdf2:sha256:1"}) as server:
        browser = Browser(server.port)
        token = browser.token("/register")
        waiting = []
        for number in range(IN_FLIGHT):
            fields = {"csrf_token": token, "username": f"user{number}", "email": f"u{number}@example.com"}
            body = urlencode({**fields, "password": PASSWORD, "password2": PASSWORD}).encode()
            connection = HTTPConnection("127.0.0.1", server.port, timeout=RESPONSE_TIMEOUT)
            connection.putrequest("POST", "/register")
            for name, value in {**browser.all_headers(), "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders(body[:-1])
            waiting.append((connection, body[-1:]))
        assert browser.get("/login")[0] == 200  # so they all have been accepted before it
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not server.is_listening())
        for connection, rest in waiting:
            connection.send(rest)
        for connection, _ in waiting:
            status = connection.getresponse().status
            tally.count(status == 302, status)
            connection.close()
        tally.count(server.process.wait(EXIT_TIMEOUT) == 0, f"exit status {server.process.returncode}")
    with closing(sqlite3.connect(tmp_path / "microblog.sqlite3")) as database:
        tally.count(database.execute("SELECT count(*) FROM users").fetchone() == (IN_FLIGHT,), "what was answered")


@contextmanager
def locked(file: Path, _app: Application) -> Iterator[None]:
    """Another process holds the write lock."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def full(_file: Path, app: Application) -> Iterator[None]:
    """The disk is full."""

    def limit(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count = 1")  # as many as there are
        cursor.close()

    event.listen(Engine, "checkout", limit)
    yield
    event.remove(Engine, "checkout", limit)


@pytest.mark.check(30)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", [locked, full], ids=["locked", "full"])
async def test_sqlite_cannot_write(
    app: Application,
    tmp_path: Path,
    tally: Tally,
    fault: Callable[[Path, Application], AbstractContextManager[None]],
) -> None:
    """Reads work, writes are 503 without a cookie, answered writes are kept, and the file stays intact."""
    file = tmp_path / "microblog.sqlite3"
    susan = Visitor(app)
    await susan.register()
    await susan.login(remember=True)
    registered, statuses = [], set()
    with fault(file, app):
        for start in range(0, PEOPLE, 10):
            names = [f"user{number}" for number in range(start, start + 10)]
            pages = await asyncio.gather(
                *(Visitor(app).register(name, email=f"{name}@example.com") for name in names),
                *(susan.get(path) for path in ("/index", "/account")),
                susan.copy("remember_token").get("/index"),
            )
            for name, page in zip(names, pages[:10], strict=True):
                statuses.add(page.status)
                registered += [name] if page.status == 302 else []
                tally.count(page.status == 302 or (page.status == 503 and not page.cookies), f"{name}: {page.status}")
            for page in pages[10:]:
                tally.count(page.status == 200, f"reading: {page.status}")
            if 503 in statuses:
                break
    await current_database.of(app).close()  # as connections keep what the fault has set
    tally.count(503 in statuses, "nothing failed")
    tally.count(await susan.is_in(), "susan is logged out")
    for name in registered:
        tally.count((await Visitor(app).login(name)).location == "/index", f"{name} is lost")
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("PRAGMA integrity_check").fetchone()
    tally.count(found == ("ok",), found)
    tally.note(f"{len(registered)} registered before it failed")
