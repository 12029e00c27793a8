"""Two applications at two ports of one host, and a browser that keeps the cookies of both in one jar."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, build_opener

import pytest

from tests.serving.certificate import with_certificate
from tests.serving.server import CONFIG, PASSWORD, RESPONSE_TIMEOUT, serve

_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
_PRODUCTION = {
    "ENVIRONMENT": "production",
    "ALLOWED_HOSTS": "localhost",
    "MAIL_URL": "file:",
    "UPGRADE_AT_START": "true",
}
_DEFAULTS = {"device", "remember_token", "session"}


class Browser:
    """A browser by the rules of ``http.cookiejar``, which sends a host's cookies to each of its ports."""

    def __init__(self) -> None:
        self.jar = CookieJar()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the certificate is the test's own
        self._opener = build_opener(HTTPCookieProcessor(self.jar), HTTPSHandler(context=context))

    def get(self, url: str) -> str:
        """The page, or the one that it redirects to."""
        return self._open(url)[1]

    def submit(self, url: str, **fields: str) -> int:
        """Open the page, send its form, and follow the redirect; the last status."""
        found = _TOKEN.search(self.get(url))
        assert found, f"no form at {url}"
        return self._open(url, {"csrf_token": found[1], **fields})[0]

    def log_in(self, site: str, password: str = PASSWORD) -> int:
        """Log in with "Remember Me"."""
        return self.submit(f"{site}/login", username="susan", password=password, remember_me="y")

    def is_in(self, site: str) -> bool:
        """Whether the page for users is shown, and not the login page."""
        return "Logged in as" in self.get(f"{site}/index")

    def close(self) -> None:
        """Forget the cookies that last until the browser is closed."""
        self.jar.clear_session_cookies()

    def _open(self, url: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        body = urlencode(fields).encode() if fields else None
        try:
            with self._opener.open(url, body, timeout=RESPONSE_TIMEOUT) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    """The servers of a test, which stop at its end."""
    with ExitStack() as stack:
        yield stack


def start(processes: ExitStack, folder: Path, *, production: bool = False, suffix: str = "") -> str:
    """Start an application with a database, a key and one user of its own; return its address."""
    folder.mkdir()
    environment = {"SECRET_KEY": f"the key of {folder.name}, and no other", "LOGIN_ATTEMPTS": "1"}
    environment |= {"COOKIE_SUFFIX": suffix} if suffix else {}
    config = CONFIG
    if production:
        environment |= _PRODUCTION
        config = with_certificate(folder)
    server = processes.enter_context(serve(folder, config=config, environment=environment))
    site = f"{'https' if production else 'http'}://localhost:{server.port}"
    fields = {"username": "susan", "email": "susan@example.com", "password": PASSWORD, "password2": PASSWORD}
    assert Browser().submit(f"{site}/register", **fields) == 200
    return site


@pytest.mark.parametrize("production", [False, True], ids=["http", "https, in production"])
def test_a_suffix_separates_them(tmp_path: Path, processes: ExitStack, production: bool) -> None:
    """With a suffix a login, a restart of the browser and a logout at one change nothing at the other."""
    first = start(processes, tmp_path / "first", production=production)
    second = start(processes, tmp_path / "second", production=production, suffix="-staging")
    browser = Browser()

    assert browser.log_in(first) == browser.log_in(second) == 200
    assert browser.is_in(first)
    assert browser.is_in(second)
    prefix = "__Host-" if production else ""
    names = {f"{prefix}{name}{suffix}" for name in _DEFAULTS for suffix in ("", "-staging")}
    assert {cookie.name for cookie in browser.jar} - {f"{prefix}session_data", f"{prefix}session-staging_data"} == names

    browser.close()
    assert browser.is_in(first)
    assert browser.is_in(second)

    assert browser.submit(f"{second}/logout") == 200
    assert browser.is_in(first)
    assert not browser.is_in(second)


def test_a_suffix_keeps_the_browser_known(tmp_path: Path, processes: ExitStack) -> None:
    """Each application knows the browser again, where strangers have used up the attempts for the name."""
    sites = [start(processes, tmp_path / "first"), start(processes, tmp_path / "second", suffix="-staging")]
    browser = Browser()
    for site in sites:
        assert browser.log_in(site) == 200
    for site in sites:
        assert browser.submit(f"{site}/logout") == 200
        assert [Browser().log_in(site, "a wrong password"), Browser().log_in(site)] == [200, 429]

    assert [browser.log_in(site) for site in sites] == [200, 200]


def test_without_a_suffix_they_share_names(tmp_path: Path, processes: ExitStack) -> None:
    """Without one, a login at the second application ends the login at the first, as the docs warn."""
    first, second = start(processes, tmp_path / "first"), start(processes, tmp_path / "second")
    browser = Browser()
    browser.log_in(first)
    assert browser.is_in(first)

    browser.log_in(second)

    assert browser.is_in(second)
    assert not browser.is_in(first)
