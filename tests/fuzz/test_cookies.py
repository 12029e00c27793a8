"""Generated cookies: damaged, forged, and validly signed over other content. Always anonymous, never an error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart
from quart.testing import QuartClient
from werkzeug.sansio.http import parse_cookie

from compat import encode_cookie
from quart_app.application import Application
from tests.app.visitor import Visitor
from tests.compat.site import Person, Site
from tests.fuzz.budget import examples
from tests.fuzz.corpus import kept, tell
from tests.fuzz.odd import BYTES, EDITS, JSON, TEXT, edited
from tests.fuzz.sealing import is_same, payload_of, seal, sign
from tests.fuzz.work import little_work

_SUSAN = "an-id-that-is-not-guessed"
_KEYS = [
    "_user_id",
    "_id",
    "_fresh",
    "_fresh_since",
    "_remember",
    "_remember_seconds",
    "_permanent",
    "_flashes",
    "next",
]
#: What Flask's and Quart's sessions write for what JSON has no word for.
_TAGS = [" t", " u", " b", " m", " d", " di", "__"]

_payloads = st.one_of(
    JSON,
    st.dictionaries(st.sampled_from(_KEYS), JSON, max_size=4),
    st.dictionaries(
        st.sampled_from(_KEYS), st.dictionaries(st.sampled_from(_TAGS), JSON, min_size=1, max_size=1), max_size=3
    ),
    st.dictionaries(st.sampled_from(_TAGS), JSON, min_size=1, max_size=1),
    st.tuples(TEXT, JSON).map(list),
)


def _cookies(*names: str) -> st.SearchStrategy[list[Any]]:
    """Instructions for cookies as the corpus keeps them: name, kind of change, argument."""
    ways = st.one_of(
        st.tuples(st.just("sealed"), _payloads),
        st.tuples(st.just("signed"), st.one_of(TEXT, BYTES)),
        st.tuples(st.just("old"), TEXT),
        st.tuples(st.just("edited"), EDITS),
        st.tuples(st.just("raw"), st.one_of(TEXT, BYTES)),
    )
    return st.tuples(st.sampled_from(names), ways).map(lambda made: [made[0], *made[1]])


async def make(app: Quart, right: dict[str, str], case: list[Any]) -> str | None:
    """The value of the cookie; None if it is the valid one."""
    name, how, what = case
    if how == "sealed":
        return seal(app, name, what)
    if how == "signed":
        return sign(app, name, what.encode("utf-8", "surrogatepass"))
    if how == "raw":
        return str(what)
    if how == "edited":
        value = edited(right[name], what)
        read = parse_cookie(header(name, value).encode("latin-1").decode("utf-8", "replace")).get(name, "")
        return None if is_same(read, right[name]) else value
    async with app.app_context():
        try:
            return encode_cookie(what)
        except UnicodeEncodeError:  # it cannot have been signed
            return None


def header(name: str, value: str) -> str:
    """A ``Cookie`` header without line ends, as servers pass it on."""
    return f"{name}=" + value.encode("utf-8", "surrogatepass").translate(None, b"\r\n").decode("latin-1")


async def check_library(sites: list[Site], case: list[Any]) -> None:
    """Check compat's answer in each mode of session protection."""
    for site in sites:
        client = await site.logged_in(f"user={_SUSAN}&remember=1")
        value = await make(site.app, _cookies_of(client), case)
        if value is None:
            continue
        stranger = QuartClient(site.app, use_cookies=False)
        for path in ("/whoami", "/members", "/fresh", "/logout"):
            with little_work(len(value)):
                answer = await stranger.get(path, headers={"Cookie": header(case[0], value)})
            assert answer.status_code in (200, 401), path
            assert b"susan" not in await answer.get_data(as_text=False)


async def check_application(app: Application, user: Visitor, case: list[Any]) -> None:
    """Check the application's answer."""
    value = await make(app, _cookies_of(user.client), case)
    if value is None:
        return
    stranger = QuartClient(app, use_cookies=False)
    for path in ("/index", "/login", "/api/v1/me"):
        with little_work(len(value)):
            answer = await stranger.get(path, headers={"Cookie": header(case[0], value)})
        assert answer.status_code in (200, 302, 401), path
        assert b"susan" not in await answer.get_data(as_text=False)
    assert await user.is_in()


def _cookies_of(client: QuartClient) -> dict[str, str]:
    assert client.cookie_jar is not None
    return {"device": "", **{cookie.name: cookie.value or "" for cookie in client.cookie_jar}}


@pytest.fixture
def sites() -> list[Site]:
    """A site for each mode of session protection, with a user whose id cannot be guessed."""
    made = [Site(SESSION_PROTECTION=mode) for mode in ("basic", "strong")]
    for site in made:
        site.people = {_SUSAN: Person(_SUSAN, "susan")}
    return made


@pytest.fixture
async def sealed_user(user: Visitor) -> Visitor:
    """A remembered user whose cookies, signed by the tests' own function, are accepted."""
    for name in ("session", "remember_token"):
        cookie = seal(user.app, name, payload_of(_cookies_of(user.client)[name]))
        stranger = QuartClient(user.app, use_cookies=False)
        assert (await stranger.get("/index", headers={"Cookie": header(name, cookie)})).status_code == 200
    return user


@kept("remember_cookies")
@examples(30)
@given(case=_cookies("remember_token"))
async def test_cookies_of_the_library(sites: list[Site], case: list[Any]) -> None:
    """Every other remember cookie is anonymous for compat."""
    tell(case)
    await check_library(sites, case)


@kept("cookies")
@examples(30)
@given(case=_cookies("session", "remember_token", "device"))
async def test_cookies_of_the_application(app: Application, sealed_user: Visitor, case: list[Any]) -> None:
    """The application does, too, and its user stays logged in."""
    tell(case)
    await check_application(app, sealed_user, case)
