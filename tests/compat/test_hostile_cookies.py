"""Cookies that the application did not issue: always anonymous, never an error or a login."""

import hmac
import zlib
from base64 import urlsafe_b64encode
from hashlib import sha512
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer
from quart.testing import QuartClient

from compat import encode_cookie

from .conftest import Clock
from .site import REMEMBER, SECRET, Person, Site, cookie, set_cookies, text

PATHS = ("/whoami", "/members", "/fresh", "/remembered", "/logout", "/public")


async def answers(site: Site, header: str | bytes) -> set[int]:
    """The status of each page for this ``Cookie`` header; the test fails if a user is logged in."""
    statuses = set()
    for path in PATHS:
        client = QuartClient(site.app, use_cookies=False)
        value = header.decode("latin-1") if isinstance(header, bytes) else header
        response = await client.get(path, headers={"Cookie": value})
        statuses.add(response.status_code)
        body = await response.get_data(as_text=True)
        assert "susan" not in body
        assert "henry" not in body
        if path == "/remembered":
            assert body == "False"
    return statuses


def timed(payload: object, *, key: str = SECRET, salt: str = "quart-flask-login remember cookie") -> str:
    """A timed token, as Quart-Auth makes it."""
    options = {"digest_method": sha512}
    return str(URLSafeTimedSerializer(key, salt, signer_kwargs=options).dumps(payload))


def bomb() -> str:
    """Fifty megabytes of JSON, compressed as by itsdangerous but quickly, with an invalid signature."""
    packed = zlib.compress(b'"%s"' % (b"a" * 50_000_000), level=1)
    return "." + urlsafe_b64encode(packed).decode().strip("=") + ".AAAAAA.AAAA"


GOOD_DIGEST = "f" * 128
HOSTILE = {
    "empty": "",
    "bar": "|",
    "bars": "|||",
    "no digest": "1|",
    "no id": f"|{GOOD_DIGEST}",
    "wrong digest": f"1|{GOOD_DIGEST}",
    "upper-case digest": f"1|{GOOD_DIGEST.upper()}",
    "short digest": "1|f",
    "digest of é": "1|é",
    "raw UTF-8": "1|é".encode(),
    "UTF-8 id": "佐藤|".encode() + GOOD_DIGEST.encode(),
    "invalid UTF-8": b"1|\xff\xfe\xc3",
    "NUL": "1|\x00",
    "quoted octal": '"1\\174\\303\\251"',
    "quoted surrogate": '"1|\\355\\240\\200"',
    "quote left open": '"1|',
    "percent": "1%7Cf",
    "dots": "...",
    "dot": "a.b",
    "three parts": "a.b.c",
    "empty parts": "..",
    "not base64": "!!.!!.!!",
    "compressed nonsense": ".eJw.AAAA.AAAA",
    "zip bomb": bomb(),
    "huge": "a" * 60_000,
    "huge with bars": "|" * 60_000,
    "many dots": "." * 60_000,
    "long number": "9" * 10_000 + "|" + GOOD_DIGEST,
    "another key": timed("1", key="another"),
    "another salt": timed("1", salt="quart auth salt"),
    "session's salt": timed("1", salt="cookie-session"),
}
WRONG_TYPES: list[Any] = [1, None, True, 1.5, [], ["1"], ["1", "2"], ["1", None], [1, 60], {}, {"a": "1"}, [["1"], 60]]


@pytest.mark.parametrize("value", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("name", [REMEMBER, "session"])
async def test_nonsense_is_anonymous(site: Site, name: str, value: str | bytes) -> None:
    """With nonsense in either cookie the response is that for a visitor."""
    raw = value if isinstance(value, bytes) else value.encode("latin-1", "replace")

    assert await answers(site, f"{name}=".encode() + raw) <= {200, 401}


@pytest.mark.parametrize("payload", WRONG_TYPES, ids=str)
async def test_wrong_types_are_anonymous(site: Site, payload: object) -> None:
    """A validly signed token that does not contain an id is anonymous."""
    assert await answers(site, f"{REMEMBER}={timed(payload)}") <= {200, 401}


async def test_the_tokens_of_these_tests_are_like_issued_ones(clock: Clock, site: Site) -> None:
    """A token that is built here the same way, but with a valid id, logs in: else these tests would prove nothing."""
    client = await site.logged_in("remember=1")
    assert cookie(client, REMEMBER) == timed("1")

    other = QuartClient(site.app, use_cookies=False)
    for payload in ("1", ["1", 60]):
        headers = {"Cookie": f"{REMEMBER}={timed(payload)}"}
        assert await text(other, "/whoami", headers=headers) == "susan"


@pytest.mark.parametrize("payload", [["1", -1], ["1", float("nan")], ["2", -1e300], ["1", 60, 60]], ids=str)
async def test_durations_that_are_over_are_anonymous(site: Site, payload: object) -> None:
    """An expired token is anonymous, whatever number its duration is."""
    assert await answers(site, f"{REMEMBER}={timed(payload)}") <= {200, 401}


@pytest.mark.parametrize("seconds", [366 * 86_400, -61, -(10**6)])
async def test_tokens_of_other_times_are_anonymous(clock: Clock, site: Site, seconds: int) -> None:
    """A token that is too old, or from the future by more than a minute, is anonymous."""
    token = timed("1")
    clock.shift(seconds)

    assert await answers(site, f"{REMEMBER}={token}") <= {200, 401}


@pytest.mark.parametrize("position", range(0, 120, 3))
async def test_a_changed_character_is_anonymous(site: Site, position: int) -> None:
    """A token of either format with one changed character is anonymous."""
    async with site.app.app_context():
        old = encode_cookie("1")
    for token in (timed("1"), old):
        if position < len(token) - 1:  # the last one of base64 may hold bits that mean nothing
            changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
            assert await answers(site, f"{REMEMBER}={changed}") <= {200, 401}


async def test_ids_cannot_be_swapped(site: Site) -> None:
    """The signature of one id is not valid for another."""
    async with site.app.app_context():
        digest = encode_cookie("9").rpartition("|")[2]

    assert await answers(site, f"{REMEMBER}=1|{digest}") <= {200, 401}


async def test_cookies_are_not_interchangeable(site: Site) -> None:
    """A session cookie is not accepted as a remember token, nor a remember token as a session."""
    client = await site.logged_in("remember=1")
    session, token = cookie(client, "session"), cookie(client, REMEMBER)

    assert await answers(site, f"{REMEMBER}={session}") <= {200, 401}
    assert await answers(site, f"session={token}") <= {200, 401}
    assert await answers(site, f"session={token}; {REMEMBER}={session}") <= {200, 401}


async def test_the_first_of_two_counts(site: Site) -> None:
    """Of two cookies of the same name only the first is read, even if it is invalid."""
    assert await answers(site, f"{REMEMBER}=bad; {REMEMBER}={timed('1')}") <= {200, 401}


@pytest.mark.parametrize("name", [REMEMBER.upper(), f" ={REMEMBER}", f"{REMEMBER}2", ""])
async def test_other_names_are_ignored(site: Site, name: str) -> None:
    """A token in a cookie of another name is ignored."""
    assert await answers(site, f"{name}={timed('1')}") <= {200, 401}


@pytest.mark.parametrize("place", ["query", "header"])
async def test_other_places_are_ignored(site: Site, place: str) -> None:
    """A token outside of its cookie is ignored."""
    token = timed("1")
    client = site.client()
    if place == "query":
        body = await text(client, f"/whoami?{REMEMBER}={token}")
    else:
        body = await text(client, "/whoami", headers={"Authorization": f"Bearer {token}"})

    assert body == "nobody"


async def test_tokens_need_a_key() -> None:
    """Without ``SECRET_KEY`` nothing is signed, so nothing is accepted, and nothing fails."""
    client = QuartClient(Site(SECRET_KEY=None).app, use_cookies=False)

    for token in (timed("1"), f"1|{GOOD_DIGEST}"):
        assert await text(client, "/whoami", headers={"Cookie": f"{REMEMBER}={token}"}) == "nobody"


SESSION_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.just({})
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.one_of(st.text(), st.text(alphabet='|."\\%=;, 1aé\ud800\x00'), st.binary()))
@pytest.mark.fuzz
async def test_any_remember_cookie_is_answered(value: str | bytes) -> None:
    """Hypothesis finds no value that is answered with an error or a login."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    raw = raw.translate(None, b"\r\n")  # no server passes these on in a header

    assert await answers(Site(), f"{REMEMBER}=".encode() + raw) <= {200, 401}


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(
            ["_user_id", "_id", "_fresh", "_fresh_since", "_remember", "_remember_seconds", "next", "_flashes"]
        ),
        SESSION_VALUES,
    ).filter(lambda content: str(content.get("_user_id")) not in {"1", "2", "3"})
)
@pytest.mark.fuzz
async def test_any_session_of_ours_is_answered(content: dict[str, Any]) -> None:
    """A session that is signed with the right key, and holds anything under our keys, is not an error."""
    for mode in ("basic", "strong", None):
        site = Site(SESSION_PROTECTION=mode)
        assert await answers(site, f"session={site.seal_session(content)}") <= {200, 401}


@pytest.mark.parametrize("user_id", [[], ["1"], {}, {"1": "1"}, ([],)], ids=str)
async def test_an_id_that_is_a_list_or_an_object_is_nobodys(user_id: object) -> None:
    """A signed session with such an id asks no loader, sets no remember cookie, and leaves the cookie that is there."""
    site = Site(REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)
    session = site.seal_session({"_user_id": user_id, "_fresh": True, "_remember": "set"})

    assert await answers(site, f"session={session}") <= {200, 401}
    response = await QuartClient(site.app, use_cookies=False).get("/whoami", headers={"Cookie": f"session={session}"})
    assert REMEMBER not in set_cookies(response)
    assert site.loads == []
    client = QuartClient(site.app, use_cookies=False)
    headers = {"Cookie": f"session={session}; {REMEMBER}={timed('1')}"}
    assert await text(client, "/whoami", headers=headers) == "susan"


@pytest.mark.parametrize("user_id", [1, 1.0, True], ids=str)
async def test_an_id_that_is_a_number_is_one(user_id: object) -> None:
    """The loader gets a number as it is, as in Flask-Login: sessions of older applications hold such ids."""
    site = Site()
    people: dict[Any, Person] = {1: site.people["1"]}
    site.manager.user_loader(lambda user_id: people.get(user_id))

    client = QuartClient(site.app, use_cookies=False)
    headers = {"Cookie": f"session={site.seal_session({'_user_id': user_id})}"}
    assert await text(client, "/whoami", headers=headers) == "susan"


@pytest.mark.parametrize("seconds", [None, "", "60", [], [60], {}, float("nan"), 1e300, 10**400], ids=str)
async def test_a_duration_that_is_none_is_the_configured_one(clock: Clock, site: Site, seconds: object) -> None:
    """A signed session whose duration of the remember cookie is not a duration remembers for as long as configured."""
    content = {"_user_id": "1", "_fresh": True, "_remember": "set", "_remember_seconds": seconds}
    headers = {"Cookie": f"session={site.seal_session(content)}"}

    response = await QuartClient(site.app, use_cookies=False).get("/public", headers=headers)

    assert response.status_code == 200
    assert set_cookies(response)[REMEMBER].value == timed("1")


@pytest.mark.parametrize("fallbacks", [[""], [b""], "old", ["", None]])
@pytest.mark.parametrize("key", ["", "o", "l"])
async def test_no_key_is_guessed(fallbacks: object, key: str) -> None:
    """An empty fallback key verifies nothing, and a single one is not one for each of its characters."""
    site = Site(SECRET_KEY_FALLBACKS=fallbacks, SESSION_COOKIE_NAME="unused")
    digest = hmac.new(key.encode(), b"1", sha512).hexdigest()

    assert await answers(site, f"{REMEMBER}={timed('1', key=key)}") <= {200, 401}
    assert await answers(site, f"{REMEMBER}=1|{digest}") <= {200, 401}
