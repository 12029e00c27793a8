"""A program's day: it renews and names its token, looks at its login, and changes the password."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from quart.testing import connections

from quart_app.accounts import authentication
from quart_app.accounts.passwords import check_password
from quart_app.application import Application
from quart_app.models.user import User
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.many_logins import ids
from tests.app.program import Program, browser_of, with_token
from tests.app.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

NEW_PASSWORD = "another fine password"
CHANGE = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
RENEWAL = "/sessions/current/renewal"


# --- the token


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the programs see the same with either database."""
    return migrated_sqlite_url


async def test_renewing_a_token(bearer_program: Program, clock: Clock, settings: Settings) -> None:
    """The new token has its full time, the old one is void at once, and the login is the same one."""
    before = (await bearer_program.send("GET", "/sessions/current")).json
    old = bearer_program.copy()
    clock.shift(timedelta(days=3))
    answer = await bearer_program.send("POST", RENEWAL)
    assert (answer.status, answer.cookies) == (200, {})
    renewed = answer.json["session"]
    assert (renewed["id"], renewed["created_at"], renewed["current"]) == (before["id"], before["created_at"], True)
    lasts = datetime.fromisoformat(renewed["expires_at"]) - datetime.fromtimestamp(clock.now).astimezone()
    assert lasts == settings.bearer_duration
    assert not await old.is_in()
    assert (await old.send("POST", RENEWAL)).problem == "token-invalid"
    bearer_program.token = answer.json["token"]
    assert (await bearer_program.send("GET", "/sessions/current")).json == renewed
    assert len(await ids(bearer_program.app)) == 1


async def test_a_token_is_renewed_once(bearer_program: Program) -> None:
    """Of several renewals of one token at once one succeeds, and its token is valid."""
    answers = await asyncio.gather(*(bearer_program.copy().send("POST", RENEWAL) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]
    (token,) = (answer.json["token"] for answer in answers if answer.status == 200)
    assert await Program(bearer_program.app, token).is_in()


async def test_cookies_are_no_token(api_user: Program) -> None:
    """A login by cookies is not renewed without the password, and goes on as it is."""
    answer = await api_user.send("POST", RENEWAL)
    assert (answer.status, answer.problem, answer.cookies) == (403, "Forbidden", {})
    assert await api_user.is_in()


async def test_a_renewal_gives_no_more_attempts(bearer_program: Program, settings: Settings) -> None:
    """Whoever has a stolen token cannot guess the password more often by renewing it."""
    for _ in range(settings.login_attempts):
        assert (await bearer_program.send("PUT", "/me/password", {**CHANGE, "current_password": "x"})).status == 403
        bearer_program.token = (await bearer_program.send("POST", RENEWAL)).json["token"]
    assert (await bearer_program.send("PUT", "/me/password", CHANGE)).status == 429


# --- the password


async def test_a_program_changes_the_password(bearer_program: Program) -> None:
    """One call with the current password: this token stays, and all other logins end."""
    cookies, other = Program(bearer_program.app), await with_token(bearer_program.app)
    await cookies.log_in()
    answer = await bearer_program.send("PUT", "/me/password", CHANGE)
    assert (answer.status, answer.text, answer.cookies) == (204, "", {})
    assert await bearer_program.is_in()
    assert not await cookies.is_in()
    assert not await other.is_in()
    assert (await Program(bearer_program.app).log_in()).status == 401
    assert (await Program(bearer_program.app).log_in(password=NEW_PASSWORD)).status == 201


async def test_a_program_needs_the_current_password(bearer_program: Program) -> None:
    """A token alone changes nothing, and the rules for passwords hold."""
    wrong = await bearer_program.send("PUT", "/me/password", {**CHANGE, "current_password": "wrong"})
    assert (wrong.status, wrong.problem) == (403, "password-wrong")
    short = await bearer_program.send("PUT", "/me/password", {**CHANGE, "new_password": "short"})
    assert (short.status, short.pointers) == (400, ["#/new_password"])
    assert (await Program(bearer_program.app).log_in()).status == 201


async def test_a_token_that_is_renewed_meanwhile(bearer_program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that becomes void while the password is checked changes nothing."""

    async def renew_and_check(checked: User, password: str) -> bool:
        await bearer_program.copy().send("POST", RENEWAL)
        return await check_password(checked, password)

    with monkeypatch.context() as patch:
        patch.setattr(authentication, "check_password", renew_and_check)
        answer = await bearer_program.send("PUT", "/me/password", CHANGE)
    assert (answer.status, answer.problem) == (401, "token-invalid")
    assert (await Program(bearer_program.app).log_in()).status == 201


# --- the login


async def test_a_login_has_a_name(program: Program) -> None:
    """It is told in the list, beside the product of the program, on the page as well."""
    await program.register()
    agent = {"User-Agent": "backup-script/2.1 (Linux)"}
    login = {"username": "susan", "password": PASSWORD, "kind": "bearer", "name": "Backup of the notes <b>"}
    answer = await program.send("POST", "/sessions", login, agent)
    program.token = answer.json["token"]
    (session,) = (await program.send("GET", "/sessions")).json["sessions"]
    assert (session["name"], session["client"]) == (login["name"], "backup-script 2.1 on Linux")
    visitor = Visitor(program.app)
    await visitor.login()
    assert "Backup of the notes &lt;b&gt;, backup-script 2.1 on Linux" in (await visitor.get("/account")).text
    assert (await browser_of(visitor).send("GET", "/sessions/current")).json["name"] is None


UNREADABLE_NAMES = ["", " ", " x", "x ", "a\tb", "a\0b", "a\u202eb", "x" * 65, 7, None, ["x"]]


async def test_names_that_cannot_be_read(program: Program, subtests: pytest.Subtests) -> None:
    """A name is short, and has visible characters only."""
    await program.register()
    for name in UNREADABLE_NAMES:
        with subtests.test(name=name):
            answer = await program.log_in(kind="bearer", name=name)
            assert (answer.status, answer.problem, answer.pointers) == (400, "fields-invalid", ["#/name"])


async def test_the_last_use_is_to_the_minute(bearer_program: Program, clock: Clock) -> None:
    """The time of the last use is written once a minute at most, however often a token is used."""
    begun = (await bearer_program.send("GET", "/sessions/current")).json["last_seen_at"]
    clock.shift(timedelta(seconds=59))
    assert (await bearer_program.send("GET", "/sessions/current")).json["last_seen_at"] == begun
    clock.shift(timedelta(seconds=1))
    seen = (await bearer_program.send("GET", "/sessions/current")).json["last_seen_at"]
    assert datetime.fromisoformat(seen) - datetime.fromisoformat(begun) == timedelta(minutes=1)


async def test_one_login(bearer_program: Program) -> None:
    """``Location`` of a login is its address, for all logins of the user, and shows what the list shows."""
    answer = await Program(bearer_program.app).log_in(name="the other")
    address = answer.headers["Location"]
    assert address == f"/api/v1/sessions/{answer.json['session']['id']}"
    shown = (await bearer_program.send("GET", address.removeprefix("/api/v1"))).json
    assert shown == {**answer.json["session"], "current": False}
    here = (await bearer_program.send("GET", "/sessions/current")).json
    assert here["current"] is True
    assert (await bearer_program.send("GET", f"/sessions/{here['id']}")).json == here


async def test_an_expired_login_is_not_shown(bearer_program: Program, clock: Clock, settings: Settings) -> None:
    """A login that has expired is 404, whether it is swept or not."""
    other = (await Program(bearer_program.app).log_in(kind="bearer")).json["session"]["id"]
    clock.shift(settings.session_idle)
    assert await bearer_program.is_in()
    clock.shift(timedelta(seconds=1))
    await asyncio.sleep(0)
    bearer_program.token = (await Program(bearer_program.app).log_in(kind="bearer")).json["token"]
    assert (await bearer_program.send("GET", f"/sessions/{other}")).status == 404


async def test_the_current_login_costs_one_query(bearer_program: Program, queries: list[str]) -> None:
    """Showing it needs nothing beside the user that is loaded anyway."""
    queries.clear()
    assert (await bearer_program.send("GET", "/sessions/current")).status == 200
    assert len(queries) == 1


# --- answers


async def test_the_index(program: Program, app: Application, queries: list[str]) -> None:
    """It leads to the description, the login, the current user and the websocket, and costs no query."""
    answer = await program.send("GET", "")
    assert answer.status == 200
    assert answer.json["description"] == "/api/v1/openapi.json"
    assert answer.json["websocket"] == "ws://localhost/live/ws"
    assert answer.json["websocket_description"] == "/api/v1/asyncapi.json"
    routes = app.url_map.bind("localhost")
    methods = {"users": "POST", "sessions": "POST"}
    for name, address in answer.json.items():
        assert routes.match(urlsplit(address).path, methods.get(name, "GET"), websocket=name == "websocket")
    assert queries == []


async def test_the_index_with_a_slash(program: Program) -> None:
    """It is the same with a slash at the end, which clients with a base URL (httpx, aiohttp) put there."""
    assert (await program.send("GET", "/")).json == (await program.send("GET", "")).json
    assert (await program.send("GET", "/")).status == 200


async def test_nothing_has_no_type(bearer_program: Program) -> None:
    """An answer without a body has no ``Content-Type``."""
    headers = {"Authorization": f"Bearer {bearer_program.token}"}
    async with bearer_program.client.request("/api/v1/sessions", method="DELETE", headers=headers) as connection:
        await connection.send_complete()
    assert isinstance(connection, connections.TestHTTPConnection)  # its response would add the type itself
    assert connection.status_code == 204
    assert connection.headers is not None
    assert "Content-Type" not in connection.headers


async def test_a_new_account_has_an_address(program: Program) -> None:
    """``Location`` of a registration is where its user finds the account."""
    assert (await program.register()).headers["Location"] == "/api/v1/me"


STRICT = [
    "handling=strict",
    'handling="strict"',
    "HANDLING = Strict; x=y",
    "wait=10, handling=strict, handling=lenient",
]


LENIENT: list[tuple[str, str | None]] = [
    ("handling=lenient", "handling=lenient"),
    ("handling=lenient, handling=strict", "handling=lenient"),
    *((other, None) for other in ("", "strict", "handling=other", "respond-async", ",;=", "x-handling=strict")),
]


def account(number: int) -> dict[str, object]:
    """A new account."""
    return {"username": f"susan{number}", "email": f"susan{number}@example.com", "password": PASSWORD}


async def test_strict_handling(program: Program, subtests: pytest.Subtests) -> None:
    """With ``Prefer: handling=strict`` unknown fields are refused and named, and nothing is changed."""
    for number, prefer in enumerate(STRICT):
        with subtests.test(prefer=prefer):
            sent = {"Prefer": prefer}
            answer = await program.send("POST", "/users", {**account(number), "e-mail": "x", "a/b": 1}, sent)
            assert (answer.status, answer.problem, answer.pointers) == (422, "fields-unknown", ["#/e-mail", "#/a~1b"])
            assert "Preference-Applied" not in answer.headers
            answer = await program.send("POST", "/users", account(number), sent)
            assert (answer.status, answer.headers["Preference-Applied"]) == (201, "handling=strict")


async def test_lenient_handling(program: Program, subtests: pytest.Subtests) -> None:
    """Otherwise unknown fields are ignored, and no preference is said to be applied that was not asked for."""
    for number, (prefer, applied) in enumerate(LENIENT):
        with subtests.test(prefer=prefer):
            answer = await program.send("POST", "/users", {**account(number), "unknown": 1}, {"Prefer": prefer})
            assert (answer.status, answer.headers.get("Preference-Applied")) == (201, applied)
