"""Two servers with the same database and secret key: each request may reach either."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic

import pytest

from quart_app.database.sqlite import BUSY_TIMEOUT
from tests.serving.server import PASSWORD, RESPONSE_TIMEOUT, Browser, serve

MANY = 100
AT_ONCE = 20
ATTEMPTS = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that both servers share."""
    return tmp_path_factory.mktemp("hosts")


@pytest.fixture(scope="module")
def ports(folder: Path) -> Iterator[tuple[int, int]]:
    """The ports of both servers; each test has users of its own."""
    environment = {"ADDRESS_LIMITS": "false", "PASSWORD_METHOD": "pbkdf2:sha256:1", "PASSWORD_QUEUE": "100"}
    with serve(folder, environment=environment) as one, serve(folder, environment=environment) as other:
        yield one.port, other.port


def test_logins_are_valid_at_both_servers(ports: tuple[int, int]) -> None:
    """A login at one server is valid at the other, and a logout ends it at both."""
    here, there = ports
    assert Browser(here).register("susan") == 302
    browsers = [Browser(here), Browser(there), Browser(here)]
    for browser in browsers:
        assert browser.login("susan") == 302
        assert [is_in(browser, port) for port in ports] == [True, True]
    last = browsers.pop()
    last.port = there
    assert last.request("POST", "/account/sessions/end-others", {"csrf_token": last.token("/account")})[0] == 302
    assert [is_in(browser, port) for browser in browsers for port in ports] == [False] * 4
    assert [is_in(last, port) for port in ports] == [True, True]


def test_both_write(ports: tuple[int, int], folder: Path) -> None:
    """Two processes that write to SQLite as fast as they can both succeed, one after the other.

    On a busy machine one may wait for its turn for too long: it has written nothing then, and the client tries again.
    """

    def register(number: int) -> int:
        fields = {"username": f"user{number}", "email": f"u{number}@example.com", "password": PASSWORD}
        status = 0
        for _ in range(ATTEMPTS):
            began = monotonic()
            connection = HTTPConnection("127.0.0.1", ports[number % 2], timeout=RESPONSE_TIMEOUT)
            connection.request("POST", "/api/v1/users", json.dumps(fields), {"Content-Type": "application/json"})
            status = connection.getresponse().status
            connection.close()
            if status != 503 or monotonic() - began < BUSY_TIMEOUT / 1000:
                return status
        return status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(register, range(MANY))) == {201}
    with closing(sqlite3.connect(folder / "microblog.sqlite3")) as database:
        query = "SELECT count(*) FROM users WHERE username LIKE 'user%'"
        assert database.execute(query).fetchone() == (MANY,)


def is_in(browser: Browser, port: int) -> bool:
    """Whether this server shows the home page for these cookies; new cookies are not kept."""
    return Browser(port, cookies=dict(browser.cookies)).get("/index")[0] == 200
