"""A site in a frame of another site, in a browser that blocks third-party cookies: only partitioned cookies remain."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypercorn.config import Config
from playwright.async_api import Browser, Frame, Playwright

from tests.browser.chromium import NAMES_HERE, open_browser
from tests.compat.site import Site
from tests.serving.in_process import served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_BLOCK_THIRD_PARTY_COOKIES = "--test-third-party-cookie-phaseout"
_COOKIES: dict[str, Any] = {
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_SAMESITE": "None",
    "SESSION_COOKIE_PARTITIONED": True,
    "REMEMBER_COOKIE_SECURE": True,
    "REMEMBER_COOKIE_SAMESITE": "None",
}


@pytest.fixture
def site() -> Site:
    """The application, whose cookies may be sent in frames of other sites."""
    site = Site(**_COOKIES)

    @site.app.route("/top")
    async def top() -> str:
        return "<iframe></iframe>"

    return site


@pytest_asyncio.fixture(loop_scope="session")
async def port(site: Site, tmp_path: Path) -> AsyncIterator[int]:
    """The port at which Hypercorn serves the application over https, under every name."""
    openssl = shutil.which("openssl")
    assert openssl is not None
    config = Config()
    config.keyfile, config.certfile = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=app.test"]
    command += ["-keyout", config.keyfile, "-out", config.certfile]
    subprocess.run(command, check=True, capture_output=True)  # noqa: ASYNC221, S603 - nothing else runs yet
    async with served(site.app, config) as port:
        yield port


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(playwright: Playwright, chromium: str) -> AsyncIterator[Browser]:
    """A browser that blocks third-party cookies, and finds every name below ``.test`` here."""
    async with open_browser(playwright, chromium, NAMES_HERE, _BLOCK_THIRD_PARTY_COOKIES) as browser:
        yield browser


class Embedded:
    """The application, ``app.test``, in a frame of a page of another site."""

    def __init__(self, frame: Frame, port: int) -> None:
        self._frame = frame
        self._port = port

    async def open(self, path: str) -> str:
        """Open a page in the frame, and return its text."""
        await self._frame.goto(f"https://app.test:{self._port}{path}")
        return await self._frame.inner_text("body")

    async def close_browser(self) -> None:
        """Delete the session cookie, as a browser does when it is closed."""
        await self._frame.page.context.clear_cookies(name="session")

    async def move_to(self, top: str) -> None:
        """Have a page of the site *top* around the frame."""
        page = self._frame.page
        await page.goto(f"https://{top}:{self._port}/top")
        self._frame = page.frames[1]


@pytest_asyncio.fixture(loop_scope="session")
async def embedded(browser: Browser, port: int) -> AsyncIterator[Embedded]:
    """The application in a frame of ``one.test``."""
    context = await browser.new_context(ignore_https_errors=True)
    page = await context.new_page()
    embedded = Embedded(page.main_frame, port)
    await embedded.move_to("one.test")
    yield embedded
    await context.close()


async def test_a_user_is_remembered_in_the_frame(embedded: Embedded) -> None:
    """The login outlives the browser in frames of the same site, and is unknown in those of another one."""
    assert await embedded.open("/login?remember=1") == "True"
    await embedded.close_browser()
    assert await embedded.open("/whoami") == "susan"

    await embedded.move_to("two.test")
    assert await embedded.open("/whoami") == "nobody"


async def test_logging_out_in_the_frame_deletes_the_cookie(embedded: Embedded) -> None:
    """After logging out the browser has no remember cookie any more."""
    await embedded.open("/login?remember=1")
    assert await embedded.open("/remembered") == "True"

    assert await embedded.open("/logout") == "True"

    assert await embedded.open("/remembered") == "False"
    assert await embedded.open("/whoami") == "nobody"


async def test_an_unpartitioned_cookie_is_blocked(embedded: Embedded, site: Site) -> None:
    """Without ``Partitioned`` nobody is remembered: this is what the other tests rest on."""
    site.app.config["REMEMBER_COOKIE_PARTITIONED"] = False

    assert await embedded.open("/login?remember=1") == "True"
    assert await embedded.open("/whoami") == "susan"
    await embedded.close_browser()
    assert await embedded.open("/whoami") == "nobody"
