"""Open redirects: ``next`` leads to pages of this site only."""

from __future__ import annotations

from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest

from quart_app.application import Application
from tests.app.visitor import PASSWORD, Page, Visitor
from tests.checks.tally import Tally
from tests.compat.test_safe_next_url import VALUES, origin_in_a_browser
from tests.serving.server import serve

SITE = "https://localhost"
_PREFIXES = ("//", "///", "/\\", "\\/", "/\t/", "/%09/", "/./", "/a/..//", " //", "https:", "https:/", "https://")
_HOSTS = ("evil.test", "localhost@evil.test", "[::1]", "evil.test\\.localhost", "\u3002evil.test", "evil%2etest")
_OTHERS = [value for values in VALUES["refused"].values() for value in values]
HOSTILE = sorted({*(f"{prefix}{host}/x" for prefix in _PREFIXES for host in _HOSTS), *_OTHERS} - {""})
GOOD = {**VALUES["kept"], **{page: page for page in ("/index", "/account?tab=1#top", "/live", "/x?y=//z", "/a/b/c")}}


def stays(location: str) -> bool:
    """Whether a browser that follows the redirect stays on this site, without an error."""
    printable = all("!" <= character <= "~" for character in location)
    return printable and location.startswith("/") and origin_in_a_browser(location, f"{SITE}/login") == SITE


@pytest.mark.check(4)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_next_leaves_the_site_for_nobody(user: Visitor, app: Application, tally: Tally) -> None:
    """Logging in and confirming redirect to ``next`` if it is a page of this site, else to a default."""
    stranger = Visitor(app)
    login = {"csrf_token": (await stranger.get("/login")).token, "username": "susan", "password": PASSWORD}
    confirm = {"csrf_token": (await user.get("/account")).token, "current_password": PASSWORD}
    cases = [(value, None) for value in HOSTILE] + list(GOOD.items())
    for value, page in cases:
        query = f"?next={quote(value, errors='surrogatepass')}"
        at_login = await stranger.copy().post(f"/login{query}", login)
        at_confirmation = await user.copy().post(f"/reauthenticate{query}", confirm)
        confirm["csrf_token"] = (await renewed(user, at_confirmation)).token
        for answer in (at_login, at_confirmation):
            arrives = page is None or answer.location == page
            tally.count(answer.status == 302 and stays(answer.location) and arrives, f"{value!r} -> {answer.headers!r}")


async def renewed(user: Visitor, answer: Page) -> Page:
    """The account page, with the cookies of the confirmation."""
    for name, morsel in answer.cookies.items():
        user.client.set_cookie("localhost", name, morsel.value)
    return await user.get("/account")


@pytest.mark.check(4)
def test_addresses_leave_the_site_for_nobody(tmp_path: Path, tally: Tally) -> None:
    """A path that looks like the URL of another site is not redirected there."""
    with serve(tmp_path) as server:
        connection = HTTPConnection("127.0.0.1", server.port)
        for value in HOSTILE:
            for path in (f"/{quote(value)}", quote(f"/account{value}"), f"/index?{quote(value)}"):
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                location = response.headers.get("Location", "/")
                tally.count(response.status < 500 and stays(location), f"{path} -> {response.status} {location}")
        connection.close()
