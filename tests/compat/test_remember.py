"""The remember cookie: set, read, expired, refreshed, rotated and deleted."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from quart import Quart, session
from werkzeug.http import parse_cookie

from compat import (
    ConfigurationError,
    DurationError,
    LoginManager,
    decode_cookie,
    encode_cookie,
    login_remembered,
    login_required,
    login_user,
    logout_user,
)

from .conftest import Clock
from .site import (
    REMEMBER,
    SECRET,
    Person,
    Site,
    close_browser,
    cookie,
    error,
    lose_cookie,
    put_cookie,
    set_cookies,
    text,
)

YEAR = timedelta(days=365)


async def remembered(site: Site, query: str = "") -> str:
    """Log in with *query* and return the remember cookie."""
    value = cookie(await site.logged_in(f"remember=1&{query}"), REMEMBER)
    assert value is not None
    return value


async def who_is(site: Site, token: str) -> str:
    """The user of a client that has only this remember cookie."""
    client = site.client()
    put_cookie(client, REMEMBER, token)
    return await text(client, "/whoami")


async def test_without_remember_there_is_no_cookie(site: Site) -> None:
    """A login without ``remember`` sets no remember cookie."""
    client = await site.logged_in()
    assert cookie(client, REMEMBER) is None

    close_browser(client)
    assert await text(client, "/whoami") == "nobody"


async def test_coming_back(site: Site) -> None:
    """The remember cookie logs in again, also for the requests that follow."""
    client = await site.logged_in("remember=1")
    close_browser(client)

    assert await text(client, "/whoami") == "susan"
    lose_cookie(client, REMEMBER)
    assert await text(client, "/whoami") == "susan"


async def test_login_remembered_says_whether_the_cookie_is_good(site: Site) -> None:
    """``login_remembered`` is true if the cookie is validly signed and has not expired, whoever the user is."""
    client = await site.logged_in("remember=1")
    assert await text(client, "/remembered") == "True"

    put_cookie(client, REMEMBER, "nonsense")
    assert await text(client, "/remembered") == "False"
    assert await text(site.client(), "/remembered") == "False"


# --- formats


def is_timed(token: str) -> bool:
    """Whether this is a timed token, as Quart-Auth makes it."""
    return token.count(".") == 2 and "|" not in token


async def test_timed_tokens_are_the_default(site: Site) -> None:
    """The cookie is Quart-Auth's timed token, unless ``REMEMBER_COOKIE_ISSUE`` says otherwise."""
    assert is_timed(await remembered(site))


async def test_flask_logins_tokens_can_be_issued() -> None:
    """With ``REMEMBER_COOKIE_ISSUE = "flask-login"`` the tokens are Flask-Login's, and are read again."""
    site = Site(REMEMBER_COOKIE_ISSUE="flask-login")
    token = await remembered(site)

    async with site.app.app_context():
        assert parse_cookie(f"a={token}")["a"] == encode_cookie("1")
    assert await who_is(site, token) == "susan"


@pytest.mark.parametrize(
    ("accept", "timed", "flask_login"),
    [
        (None, "susan", "susan"),
        ("timed", "susan", "nobody"),
        (["flask-login"], "nobody", "susan"),
        (("timed", "flask-login"), "susan", "susan"),
        ((), "nobody", "nobody"),
    ],
)
async def test_formats_can_be_refused(accept: Any, timed: str, flask_login: str) -> None:
    """Both formats are accepted, unless ``REMEMBER_COOKIE_ACCEPT`` names fewer."""
    site = Site(REMEMBER_COOKIE_ACCEPT=accept)
    token = await remembered(site)
    async with site.app.app_context():
        old_token = encode_cookie("1")

    assert await who_is(site, token) == timed
    assert await who_is(site, old_token) == flask_login


async def test_unknown_format_logs_nobody_in() -> None:
    """A misspelt setting is an error at the first login, before anything is written."""
    site = Site(REMEMBER_COOKIE_ISSUE="flasklogin")
    client = site.client()

    found = await error(client, "/login?remember=1")

    assert isinstance(found, ConfigurationError)
    assert "REMEMBER_COOKIE_ISSUE = 'flasklogin'" in str(found)
    assert await text(client, "/whoami") == "nobody"


async def test_encode_and_decode_are_flask_logins() -> None:
    """The helpers make and check ``id|hmac``, with the application's key or with one's own."""
    site = Site(SECRET_KEY="deterministic")
    async with site.app.app_context():
        token = encode_cookie("1|2|佐藤")
        assert decode_cookie(token) == "1|2|佐藤"
        assert decode_cookie(token, key="another") is None
        assert decode_cookie(encode_cookie("1", key="another"), key="another") == "1"
        assert decode_cookie("1|" + "0" * 128) is None
        assert decode_cookie("no bar") is None


async def test_ids_of_any_characters_come_back() -> None:
    """An id may hold bars, blanks, quotes and any script, in both formats."""
    for issue in ("timed", "flask-login"):
        site = Site(REMEMBER_COOKIE_ISSUE=issue)
        for person_id in ("a|b", 'x "y" ;z', "佐藤", "é", ""):
            susan = site.people["1"]
            susan.id = person_id
            site.people[person_id] = susan
            client = await site.logged_in("remember=1")
            close_browser(client)
            assert await text(client, "/whoami") == "susan", (issue, person_id)


# --- how long


@pytest.mark.parametrize(
    ("config", "query", "duration"),
    [
        ({}, "", YEAR),
        ({"REMEMBER_COOKIE_DURATION": timedelta(days=2)}, "", timedelta(days=2)),
        ({"REMEMBER_COOKIE_DURATION": 3600}, "", timedelta(hours=1)),
        ({}, "seconds=7200", timedelta(hours=2)),
        ({"REMEMBER_COOKIE_DURATION": 60}, "seconds=7200", timedelta(hours=2)),
        ({}, f"seconds={2 * YEAR.total_seconds()}", 2 * YEAR),
    ],
)
async def test_remembering_ends(clock: Clock, config: dict[str, Any], query: str, duration: timedelta) -> None:
    """The server forgets the client at the token's own duration, even if the client keeps the cookie."""
    site = Site(**config)
    token = await remembered(site, query)

    clock.shift(duration)
    assert await who_is(site, token) == "susan"
    clock.shift(1)
    assert await who_is(site, token) == "nobody"


async def test_a_token_keeps_its_own_duration(clock: Clock) -> None:
    """A duration that was asked for at login stays when the configured one gets longer or shorter."""
    site = Site(REMEMBER_COOKIE_DURATION=60)
    token = await remembered(site, "seconds=1000")

    clock.shift(1000)
    assert await who_is(site, token) == "susan"
    site.app.config["REMEMBER_COOKIE_DURATION"] = YEAR
    clock.shift(1)
    assert await who_is(site, token) == "nobody"


@pytest.mark.parametrize(("seconds", "who"), [(59, "susan"), (60, "susan"), (61, "nobody")])
async def test_clocks_of_hosts_may_differ(clock: Clock, site: Site, seconds: int, who: str) -> None:
    """A token from up to 60 seconds in the future is accepted: another host's clock may be ahead."""
    token = await remembered(site)

    clock.shift(-seconds)

    assert await who_is(site, token) == who


async def test_the_browser_is_told_when_it_ends(clock: Clock, site: Site) -> None:
    """The cookie's ``Expires`` agrees with the token, for the default duration and for that of a login."""
    now = datetime.fromtimestamp(clock.now, UTC)
    for query, duration in (("remember=1", YEAR), ("remember=1&seconds=25200", timedelta(hours=7))):
        response = await site.client().get(f"/login?{query}")
        assert parsedate_to_datetime(set_cookies(response)[REMEMBER]["expires"]) == now + duration


@pytest.mark.parametrize("duration", ["123", 1.5, None])
async def test_a_wrong_configured_duration_is_an_error(duration: Any) -> None:
    """A wrong ``REMEMBER_COOKIE_DURATION`` is an error at login, and nobody is logged in."""
    site = Site()
    site.app.config["REMEMBER_COOKIE_DURATION"] = duration
    client = site.client()

    found = await error(client, "/login?remember=1")

    assert isinstance(found, DurationError)
    assert str(found) == f"REMEMBER_COOKIE_DURATION must be a datetime.timedelta, instead got: {duration}"
    assert cookie(client, "session") is None


# --- attributes

ATTRIBUTES = ("domain", "path", "secure", "httponly", "samesite")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ("", "/", "", True, "")),
        (
            {
                "REMEMBER_COOKIE_NAME": "__Secure-remember",
                "REMEMBER_COOKIE_DOMAIN": "localhost.local",
                "REMEMBER_COOKIE_PATH": "/app",
                "REMEMBER_COOKIE_SECURE": True,
                "REMEMBER_COOKIE_HTTPONLY": False,
                "REMEMBER_COOKIE_SAMESITE": "Lax",
            },
            ("localhost.local", "/app", True, "", "Lax"),
        ),
        (
            {"REMEMBER_COOKIE_NAME": "__Host-remember", "REMEMBER_COOKIE_SECURE": True},
            ("", "/", True, True, ""),
        ),
    ],
)
async def test_the_cookie_is_deleted_as_it_was_set(config: dict[str, Any], expected: tuple[object, ...]) -> None:
    """The cookie is deleted with the configured attributes, as it was set: else browsers would keep it."""
    site = Site(**config)
    name = config.get("REMEMBER_COOKIE_NAME", REMEMBER)
    client = site.client()

    was_set = set_cookies(await client.get("/login?remember=1"))[name]
    put_cookie(client, name, was_set.value)
    was_deleted = set_cookies(await client.get("/logout"))[name]

    assert tuple(was_set[attribute] for attribute in ATTRIBUTES) == expected
    assert tuple(was_deleted[attribute] for attribute in ATTRIBUTES) == expected
    assert (was_deleted.value, was_deleted["max-age"]) == ("", "0")


@pytest.mark.parametrize("sent", [1, 2])
@pytest.mark.parametrize(
    ("config", "root", "expected"),
    [
        ({}, "", ["/logout", "/"]),
        ({}, "/app", ["/app", "/app/", "/app/logout", "/"]),
        ({"REMEMBER_COOKIE_PATH": "/app"}, "/app", ["/", "/app/", "/app/logout", "/app"]),
        ({"REMEMBER_COOKIE_NAME": "__Host-remember"}, "/app", ["/"]),
    ],
)
async def test_logout_deletes_cookies_of_other_paths(
    config: dict[str, Any], root: str, expected: list[str], sent: int
) -> None:
    """The configured path is the last; that of the page is among them if the browser has several cookies."""
    site = Site(**config)
    name = config.get("REMEMBER_COOKIE_NAME", REMEMBER)
    cookies = "; ".join([f"{name}=old"] * sent)
    answer = await site.client().get(f"{root}/logout", root_path=root, headers={"Cookie": cookies})
    deleted = [header for header in answer.headers.getlist("Set-Cookie") if header.startswith(f"{name}=;")]
    paths = [header.partition("Path=")[2].partition(";")[0] for header in deleted]
    assert paths == [path for path in expected if sent > 1 or path != f"{root}/logout"]


@pytest.mark.parametrize("sent", [1, 2])
@pytest.mark.parametrize("folder", ["abc", "a" * 62])
async def test_deletions_fit_into_the_buffer_of_a_proxy(sent: int, folder: str) -> None:
    """A refusal that deletes the cookie has less than 4,096 bytes of headers, however long and deep its page is."""
    site = Site(
        SESSION_PROTECTION="strong",
        REMEMBER_COOKIE_SECURE=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        SERVER_NAME="localhost",
    )
    site.manager.login_view = "/login"

    @site.app.route("/<path:page>/deep")
    @login_required
    async def deep(page: str) -> str:
        return page

    stolen = cookie(await site.logged_in(), "session")
    page = f"/{'/'.join([folder] * 8)}/deep"
    cookies = "; ".join([f"session={stolen}", *[f"{REMEMBER}=old"] * sent])
    headers = {"Cookie": cookies, "User-Agent": "another browser"}
    answer = await site.client().get(f"{page}?q={'a' * (2000 - len(page))}", headers=headers)

    assert "next=" in answer.headers["Location"]
    assert f"{REMEMBER}=;" in answer.headers["Set-Cookie"]
    assert sum(len(f"{name}: {value}\r\n") for name, value in answer.headers) < 4096


@pytest.mark.parametrize("refresh", [False, True])
async def test_logout_and_an_emptied_session(site: Site, refresh: bool) -> None:
    """The remember cookie is deleted even if the view empties the session after logging out."""
    site.app.config["REMEMBER_COOKIE_REFRESH_EACH_REQUEST"] = refresh

    @site.app.route("/leave")
    async def leave() -> str:
        logout_user()
        session.clear()
        return str(login_remembered())

    client = await site.logged_in("remember=1")

    assert await text(client, "/leave") == "False"

    assert cookie(client, REMEMBER) is None
    assert await text(client, "/whoami") == "nobody"


async def test_settings_are_read_at_each_request(site: Site) -> None:
    """A changed setting is in effect at the next request, as in Flask-Login."""
    await remembered(site)
    site.app.config["REMEMBER_COOKIE_NAME"] = "another"

    client = await site.logged_in("remember=1")

    assert cookie(client, "another") is not None
    assert cookie(client, REMEMBER) is None


# --- refreshing


async def test_each_request_may_refresh_the_cookie(clock: Clock) -> None:
    """With ``REMEMBER_COOKIE_REFRESH_EACH_REQUEST`` the cookie lasts from the latest visit."""
    site = Site(REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True, REMEMBER_COOKIE_DURATION=100)
    client = await site.logged_in("remember=1")

    for _ in range(3):
        clock.shift(90)
        close_browser(client)
        assert await text(client, "/whoami") == "susan"


async def test_refreshing_needs_a_remembered_login() -> None:
    """Refreshing sets no remember cookie for a login without one."""
    site = Site(REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)
    client = await site.logged_in()

    await text(client, "/whoami")

    assert cookie(client, REMEMBER) is None


async def test_without_refreshing_the_cookie_stays(clock: Clock, site: Site) -> None:
    """By default a visit does not touch the cookie."""
    client = await site.logged_in("remember=1")
    clock.shift(1000)

    assert REMEMBER not in set_cookies(await client.get("/whoami"))


# --- keys


@pytest.mark.parametrize("issue", ["timed", "flask-login"])
async def test_keys_rotate(issue: str) -> None:
    """A cookie signed with an older key is accepted while that key is in ``SECRET_KEY_FALLBACKS``."""
    site = Site(REMEMBER_COOKIE_ISSUE=issue)
    token = await remembered(site)

    site.app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["unrelated", SECRET])
    assert await who_is(site, token) == "susan"
    new_token = await remembered(site)

    site.app.config["SECRET_KEY_FALLBACKS"] = []
    assert await who_is(site, token) == "nobody"
    assert await who_is(site, new_token) == "susan"  # signed with the new key, not with a fallback


async def test_a_key_that_comes_next_is_accepted_first(site: Site) -> None:
    """While hosts change keys one by one, a host that has the new key as a fallback reads its tokens."""
    new_host = Site(SECRET_KEY="new")
    token = await remembered(new_host)

    assert await who_is(site, token) == "nobody"
    site.app.config["SECRET_KEY_FALLBACKS"] = ["new"]
    assert await who_is(site, token) == "susan"


async def test_keys_of_any_kind_sign() -> None:
    """A key may be bytes, or text that Flask-Login cannot encode."""
    for key in (b"\x00\xff", "é", "鍵"):
        for issue in ("timed", "flask-login"):
            site = Site(SECRET_KEY=key, REMEMBER_COOKIE_ISSUE=issue)
            assert await who_is(site, await remembered(site)) == "susan"


async def test_a_wrong_duration_is_an_error_of_the_login(site: Site) -> None:
    """An application with a wrong duration starts, as with Flask-Login: the error comes at the first login."""
    app = Quart(__name__)
    app.config.update(SECRET_KEY="k", REMEMBER_COOKIE_DURATION="123")

    LoginManager[Person](app)

    async with app.test_request_context("/"):
        assert login_user(site.people["1"])
        with pytest.raises(DurationError, match="123"):
            login_user(site.people["1"], remember=True)
