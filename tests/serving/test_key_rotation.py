"""Rotating the secret key while users are logged in, on two hosts that restart one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving.server import PASSWORD, Browser, serve

# The steps of docs/operations.md, as the environment of one host.
BEFORE = {"SECRET_KEY": "the key of last year"}
ACCEPT_NEW = {"SECRET_KEY": "the key of last year", "SECRET_KEY_FALLBACKS": "the key of this year"}
SIGN_WITH_NEW = {"SECRET_KEY": "the key of this year", "SECRET_KEY_FALLBACKS": "the key of last year"}
AFTER = {"SECRET_KEY": "the key of this year"}


@contextmanager
def two_hosts(folder: Path, one: dict[str, str], other: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The ports of two servers with a common database."""
    with serve(folder, environment=one) as first, serve(folder, environment=other) as second:
        yield first.port, second.port


@pytest.mark.parametrize(
    "hosts",
    [(BEFORE, ACCEPT_NEW), (ACCEPT_NEW, SIGN_WITH_NEW), (SIGN_WITH_NEW, AFTER)],
    ids=["accept the new key", "sign with the new key", "drop the old key"],
)
def test_every_login_survives_a_key_rotation(tmp_path: Path, hosts: tuple[dict[str, str], dict[str, str]]) -> None:
    """At each step both hosts accept each other's session cookies, remember cookies and open forms."""
    with two_hosts(tmp_path, *hosts) as ports:
        for name, (here, there) in {"susan": ports, "john": ports[::-1]}.items():
            browser = login(here, name)
            token = browser.token("/logout")
            assert is_in(there, browser.cookies)
            assert is_in(there, only_remembered(browser))
            browser.port = there
            assert browser.request("POST", "/logout", {"csrf_token": token})[0] == 302
            assert not is_in(here, browser.cookies)


def test_a_dropped_key_is_refused(tmp_path: Path) -> None:
    """Cookies signed with the old key are accepted until that key is removed, and refused afterwards."""
    with two_hosts(tmp_path, BEFORE, SIGN_WITH_NEW) as (before, rotated):
        browser = login(before, "susan")
        assert is_in(rotated, browser.cookies)
        assert is_in(rotated, only_remembered(browser))
    with serve(tmp_path, environment=AFTER) as host:
        assert not is_in(host.port, browser.cookies)
        assert not is_in(host.port, only_remembered(browser))


def login(port: int, username: str) -> Browser:
    """A browser that is logged in at this host, with a remember cookie."""
    browser = Browser(port)
    assert browser.register(username) == 302
    assert browser.submit("/login", username=username, password=PASSWORD, remember_me="y")[0] == 302
    return browser


def is_in(port: int, cookies: dict[str, str]) -> bool:
    """Whether this host shows the home page for these cookies."""
    return Browser(port, cookies=dict(cookies)).get("/index")[0] == 200


def only_remembered(browser: Browser) -> dict[str, str]:
    """The cookies that a browser keeps when it is closed: all but the session."""
    return {"remember_token": browser.cookies["remember_token"]}
