"""``next``, checked with the URL parser of a real browser, and by following the redirect.

What is tried is made by chance from what parsers do not agree on (``tests/fuzz/urls.py``); ``FUZZ_EXAMPLES`` says of
how many, and then it is something new each time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import randrange
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from compat import safe_next_url
from quart_app.factory import create_app
from tests.app.visitor import PASSWORD, Visitor
from tests.browser.redirector import redirect_to
from tests.compat.test_safe_next_url import origin_in_a_browser
from tests.fuzz.urls import KNOWN, almost_urls

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_asked_for = os.environ.get("FUZZ_EXAMPLES")
SEED = randrange(2**32) if _asked_for else 0  # noqa: S311 - not for secrets
VALUES = almost_urls(int(_asked_for or 6_000), SEED)
KEPT = {value: kept for value in VALUES if (kept := safe_next_url(value, default=""))}
BASES = ("https://app.test/login?next=x", "http://app.test/a/b")

_READ = """
([values, base]) => values.map(value => {
    try {
        const url = new URL(value, base)
        url.username = url.password = ""
        const origin = url.protocol + "//" + url.host
        return [origin, url.href.slice(origin.length)]
    } catch {
        return null
    }
})
"""
# Frames that have left cannot be asked where they are, and those that stay say it.
_GO = """
count => Promise.all(Array.from({length: count}, (_, number) => new Promise(resolve => {
    const frame = document.createElement("iframe")
    frame.onload = () => {
        let href = null
        try { href = frame.contentWindow.location.href } catch {}
        frame.remove()
        resolve(href)
    }
    frame.src = "/go/" + number
    document.body.append(frame)
})))
"""


class Reading(NamedTuple):
    """A value as the browser parses it."""

    origin: str
    page: str  #: path, query and fragment


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> Page:
    """An empty page, whose URL parser is used."""
    return await browser.new_page()


async def read(page: Page, values: Iterable[str], base: str) -> list[Reading | None]:
    """Parse all values in one call; None for an invalid URL."""
    readings = await page.evaluate(_READ, [list(values), base])
    return [reading and Reading(*reading) for reading in readings]


def origin(base: str) -> str:
    """The scheme and host."""
    return "{0.scheme}://{0.netloc}".format(urlsplit(base))


@pytest.mark.parametrize("base", BASES)
async def test_accepted_values_stay_on_the_site(page: Page, base: str) -> None:
    """An accepted value is a page of this site for the browser, before and after, and needs no correction."""
    as_they_came, as_given_back = await read(page, KEPT, base), await read(page, KEPT.values(), base)
    for value, came, given in zip(KEPT, as_they_came, as_given_back, strict=True):
        assert came is not None
        assert given is not None
        assert (came.origin, given.origin) == (origin(base), origin(base)), (value, SEED)
        assert unquote(came.page) == unquote(given.page) == unquote(KEPT[value]), (value, SEED)


async def test_pages_of_this_site_pass(page: Page) -> None:
    """A page of this site, in the browser's own spelling, is accepted.

    But for what could be read in another way elsewhere: two slashes at the beginning, or a backslash.
    """
    ours = {
        one.page for one in await read(page, VALUES, BASES[0]) if one is not None and one.origin == origin(BASES[0])
    }
    plain = [url for url in ours if not url.startswith("//") and "\\" not in url]
    assert len(plain) > 500
    assert [url for url in plain if unquote(safe_next_url(url, default="")) != unquote(url)] == [], SEED


def _begins_with_a_slash(value: str) -> bool:
    return value.startswith("/")


def _begins_with_one_slash(value: str) -> bool:
    return value.startswith("/") and not value.startswith("//")


def _has_no_host(value: str) -> bool:
    try:
        return not urlsplit(value).netloc
    except ValueError:
        return False


def _joins_to_this_host(value: str) -> bool:
    try:
        return urlsplit(urljoin(BASES[0], value)).netloc == "app.test"
    except ValueError:
        return False


def _has_no_backslash_either(value: str) -> bool:
    return _begins_with_one_slash(value) and "\\" not in value


WEAKER_CHECKS = (
    _begins_with_a_slash,
    _begins_with_one_slash,
    _has_no_host,
    _joins_to_this_host,
    _has_no_backslash_either,
)


async def test_weaker_checks_are_caught(page: Page) -> None:
    """Weaker checks accept some of these values with which the browser leaves the site."""
    readings = await read(page, VALUES, BASES[0])
    leaving = [value for value, one in zip(VALUES, readings, strict=True) if one and one.origin != origin(BASES[0])]
    for check in WEAKER_CHECKS:
        assert any(map(check, leaving)), check


@pytest.mark.parametrize("base", BASES)
async def test_the_model_of_a_browser(page: Page, base: str) -> None:
    """The Python model of a browser agrees with it: it takes no foreign URL for one of this site."""
    readings = await read(page, VALUES, base)
    wrong = [
        value
        for value, reading in zip(VALUES, readings, strict=True)
        if reading is not None and reading.origin != origin(base) and origin_in_a_browser(value, base) == origin(base)
    ]
    assert wrong == [], SEED


async def test_going_there(page: Page) -> None:
    """The browser follows a ``Location`` as its parser reads it, and an accepted value reaches its page."""
    parsed = zip(KNOWN, await read(page, KNOWN, BASES[1]), strict=True)
    known = [value for value, reading in parsed if _is_web(value, reading)]
    values = _some(known, 20) + _some([*KEPT.values()], 20)
    async with redirect_to([value.encode() for value in values]) as address:
        await page.goto(f"{address}/")
        arrived = await page.evaluate(_GO, len(values))
        readings = await read(page, values, f"{address}/go/0")
    there = [f"{address}{one.page}" if one is not None and one.origin == address else None for one in readings]
    assert [case for case in zip(values, arrived, there, strict=True) if case[1] != case[2]] == []
    assert None not in arrived[-20:]


def _is_web(value: str, reading: Reading | None) -> bool:
    """Whether the value fits into a header and names an http URL.

    It does not with ``mailto:``, with a user's name, or where it would be redirected again.
    """
    is_header = bool(value.strip()) and not re.search(r"[\r\n\0]|//[^/]*@|^[#?]", value)
    return is_header and (reading is None or reading.origin.startswith(("http:", "https:")))


async def test_where_the_application_sends_its_users(page: Page, tmp_path: Path) -> None:
    """Login, confirmation and refusals redirect within the site, to ``next`` if it is accepted."""
    app = create_app({"instance_path": tmp_path, "password_method": "pbkdf2:sha256:1", "address_limits": False})
    async with app.test_app():
        user, stranger = Visitor(app), Visitor(app)
        await user.register()
        await user.login()
        form = {"csrf_token": (await stranger.get("/login")).token, "username": "susan", "password": PASSWORD}
        locations, wanted = [], []
        for value in _some([*KEPT], 25) + _some(VALUES, 25):
            query = quote(value, errors="surrogatepass")
            answers = [
                await stranger.copy().post(f"/login?next={query}", form),
                await user.get(f"/reauthenticate?next={query}"),
                await stranger.get(f"/account?{query}"),
            ]
            assert {answer.status for answer in answers} == {302}, value
            locations += [answer.location for answer in answers]
            wanted += [KEPT.get(value), KEPT.get(value), None]
    assert [location for location in locations if not re.fullmatch("[!-~]+", location)] == []
    readings = await read(page, locations, BASES[0])
    assert {reading and reading.origin for reading in readings} == {origin(BASES[0])}
    assert [pair for pair in zip(wanted, locations, strict=True) if pair[0] not in (None, pair[1])] == []


def _some(values: Sequence[str], count: int) -> list[str]:
    """This many values, evenly distributed."""
    return list(values[:: len(values) // count])
