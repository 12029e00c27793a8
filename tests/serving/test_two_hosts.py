"""Two servers with the same database and key: any request at either."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.serving.server import PASSWORD, RESPONSE_TIMEOUT, Browser, serve

MANY = 100
AT_ONCE = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What they have in common."""
    return tmp_path_factory.mktemp("hosts")


@pytest.fixture(scope="module")
def ports(folder: Path) -> Iterator[tuple[int, int]]:
    """Where they are; the tests have users of their own."""
    environment = {"ADDRESS_LIMITS": "false", "PASSWORD_METHOD": "pbkdf2:sha256:1", "PASSWORD_QUEUE": "100"}
    with serve(folder, environment=environment) as one, serve(folder, environment=environment) as other:
        yield one.port, other.port


def test_whichever_is_asked(ports: tuple[int, int]) -> None:
    """Logged in at one, logged in at the other; ended at the other, ended at the one."""
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
    """SQLite has one writer at a time: of two processes that write as fast as they can, both get their turn."""

    def register(number: int) -> int:
        connection = HTTPConnection("127.0.0.1", ports[number % 2], timeout=RESPONSE_TIMEOUT)
        fields = {"username": f"user{number}", "email": f"u{number}@example.com", "password": PASSWORD}
        connection.request("POST", "/api/v1/users", json.dumps(fields), {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(register, range(MANY))) == {201}
    with closing(sqlite3.connect(folder / "microblog.sqlite3")) as database:
        query = "SELECT count(*) FROM users WHERE username LIKE 'user%'"
        assert database.execute(query).fetchone() == (MANY,)


def is_in(browser: Browser, port: int) -> bool:
    """Whether the cookies open the home page there, whatever is set by that."""
    return Browser(port, cookies=dict(browser.cookies)).get("/index")[0] == 200
