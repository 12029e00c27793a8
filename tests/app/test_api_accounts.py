"""The API: registration, login and logout, login sessions, password."""

from __future__ import annotations

import asyncio
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import func, select

from quart_app.accounts import authentication
from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.password_rules import PASSWORD_MIN
from quart_app.accounts.passwords import PasswordHasher, check_password
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.user import User
from tests.app.program import Program, browser_of, with_token
from tests.app.visitor import PASSWORD, Visitor

NEW_PASSWORD = "another fine password"


# --- registering


async def test_registering(program: Program, visitor: Visitor) -> None:
    """An account made by the API can log in at the pages."""
    answer = await program.register()
    assert answer.status == 201
    assert answer.json.keys() == {"username", "email", "email_confirmed", "created_at"}
    assert answer.json["username"] == "susan"
    assert answer.cookies == {}
    assert (await visitor.login()).location == "/index"


TAKEN: list[tuple[dict[str, str], list[str]]] = [
    ({"email": "other@example.com"}, ["#/username"]),
    ({"username": "SUSAN", "email": "other@example.com"}, ["#/username"]),
    ({"username": "other"}, ["#/email"]),
    ({}, ["#/email", "#/username"]),
]


async def test_taken_names(program: Program, subtests: pytest.Subtests) -> None:
    """A taken username or address is 409, and the problem names which."""
    await program.register()
    for changes, pointers in TAKEN:
        with subtests.test(changes=changes):
            answer = await program.register(**changes)
            assert (answer.status, answer.problem, answer.pointers) == (409, "name-taken", pointers)


async def test_one_name_for_fifty(app: Application) -> None:
    """Of fifty concurrent registrations of one name one succeeds, and the others get 409."""
    answers = await asyncio.gather(*(Program(app).register() for _ in range(50)))
    assert sorted(answer.status for answer in answers) == [201, *[409] * 49]
    async with app.app_context(), current_database.of(app).session() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize("extra", ["id", "is_admin", "active", "password_hash", "__class__"])
async def test_other_fields_have_no_effect(program: Program, app: Application, extra: str) -> None:
    """Unknown fields are ignored: a client cannot choose an id or a privilege."""
    assert (await program.register(**{extra: False})).status == 201
    async with app.app_context():
        susan = await user_by_login("susan")
    assert susan is not None
    assert susan.is_active
    assert susan.id == 1
    assert (await program.log_in()).status == 201


REFUSED_FIELDS = [
    ("username", ""),
    ("username", "su@san"),
    ("username", "su\N{FULLWIDTH COMMERCIAL AT}san"),
    ("username", "su\nsan"),
    ("username", "su\0san"),
    ("username", "x" * 65),
    ("username", "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 10),
    ("email", ""),
    ("email", "susan"),
    ("email", "susan@localhost"),
    ("email", "susan\ufe0f@example.com"),
    ("email", f"susan@{'x' * 60}.{'x' * 60}.example.com"),
    ("password", "x" * (PASSWORD_MIN - 1)),
    ("password", "x" * 257),
]


async def test_both_faces_have_the_same_rules(program: Program, visitor: Visitor, subtests: pytest.Subtests) -> None:
    """The API refuses what the page refuses, with the same messages."""
    for field, text in REFUSED_FIELDS:
        with subtests.test(field=field, text=text):
            page = await visitor.register(**{field: text, **({"password2": text} if field == "password" else {})})
            answer = await program.register(**{field: text})
            assert (answer.status, answer.problem, answer.pointers) == (400, "fields-invalid", [f"#/{field}"])
            assert [error["message"] for error in answer.json["errors"]] == page.errors


async def test_spaces_around_a_name(program: Program) -> None:
    """Spaces around a name are refused, while the page strips them."""
    for username in (" susan", "susan ", "\tsusan"):
        answer = await program.register(username=username)
        assert (answer.status, answer.pointers) == (400, ["#/username"]), username


# --- logging in


COOKIES: dict[str, set[str]] = {
    "session": {"session", "device"},
    "remembered": {"session", "remember_token", "device"},
    "bearer": set(),
}


async def test_logging_in(app: Application, subtests: pytest.Subtests) -> None:
    """A login takes username or address, and gives a session cookie, both cookies, or a token."""
    await Program(app).register()
    for name, (kind, cookies) in product(("susan", "SUSAN", "susan@example.com"), COOKIES.items()):
        with subtests.test(name=name, kind=kind):
            program = Program(app)
            answer = await program.log_in(username=name, kind=kind)
            assert answer.status == 201
            assert answer.cookies.keys() == cookies
            assert answer.json["session"]["kind"] == kind
            assert (answer.json["token"] is None) is (kind != "bearer")
            program.token = answer.json["token"]
            assert await program.is_in()


async def test_logging_in_is_for_the_pages_as_well(api_user: Program, visitor: Visitor) -> None:
    """Cookies of the API are valid at the pages, and the other way around."""
    visitor.client = api_user.client
    assert await visitor.is_in()
    other = Visitor(api_user.app)
    await other.login()
    assert await browser_of(other).is_in()


async def test_a_session_cookie_is_no_remember_cookie(api_user: Program) -> None:
    """A login without ``remember`` ends with the session cookie."""
    api_user.forget("session")
    assert not await api_user.is_in()


async def test_wrong_credentials_all_look_alike(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown name, wrong password and closed account get the same response after the same work."""
    await Program(app).register()
    await Program(app).register(username="closed", email="closed@example.com")
    async with app.app_context():
        closed = await user_by_login("closed")
        assert closed is not None
        await deactivate_user(closed.id)
    hashed = []
    verify = PasswordHasher._verify

    def count(hasher: PasswordHasher, stored: str | None, password: str) -> bool:
        hashed.append(password)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "_verify", count)
    wrongs = [
        {"username": "nobody"},
        {"password": "wrong"},
        {"username": "closed"},
        {"username": "closed", "password": "wrong"},
    ]
    answers = [await Program(app).log_in(**wrong, kind=kind) for wrong in wrongs for kind in ("session", "bearer")]
    assert len(hashed) == len(answers)
    assert {answer.text for answer in answers} == {answers[0].text}
    assert len({answer.headers.pop("X-Request-ID") for answer in answers}) == len(answers)
    assert {tuple(answer.headers) for answer in answers} == {tuple(answers[0].headers)}
    assert answers[0].status == 401
    assert answers[0].problem == "credentials-wrong"
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"


async def test_logging_in_over_a_login_ends_it(api_user: Program) -> None:
    """A login with the cookies of another login ends that one, as at the page."""
    before = api_user.copy()
    await api_user.log_in()
    assert await api_user.is_in()
    assert not await before.is_in()


async def test_a_token_leaves_the_login_alone(api_user: Program) -> None:
    """A user with cookies who gets a token keeps the login of the cookies."""
    answer = await api_user.log_in(kind="bearer")
    assert await api_user.is_in()
    assert await Program(api_user.app, answer.json["token"]).is_in()


# --- one's sessions


async def test_listing_login_sessions(api_user: Program) -> None:
    """The list has all logins of the user, pages and programs, and marks the current one."""
    token = await with_token(api_user.app)
    await Program(api_user.app).register(username="other", email="other@example.com")
    await Program(api_user.app).log_in(username="other")
    for program, kind in ((api_user, "session"), (token, "bearer")):
        sessions = (await program.send("GET", "/sessions")).json["sessions"]
        assert {session["kind"] for session in sessions} == {"session", "bearer"}
        assert [session["kind"] for session in sessions if session["current"]] == [kind]
        assert sessions[0].keys() == {
            *("id", "kind", "name", "client", "address"),
            *("created_at", "last_seen_at", "expires_at", "current"),
        }


async def test_ending_one_session(api_user: Program) -> None:
    """An ended session is gone at once, a second DELETE is 404, and ending the current one logs out."""
    token = await with_token(api_user.app)
    sessions = (await api_user.send("GET", "/sessions")).json["sessions"]
    ids = {session["kind"]: session["id"] for session in sessions}
    assert (await api_user.send("DELETE", f"/sessions/{ids['bearer']}")).status == 204
    assert not await token.is_in()
    assert (await api_user.send("DELETE", f"/sessions/{ids['bearer']}")).status == 404
    before = api_user.copy()
    answer = await api_user.send("DELETE", f"/sessions/{ids['session']}")
    assert (answer.status, answer.cookies["session"].value) == (204, "")
    assert not await before.is_in()


SESSIONS_OF_OTHERS = ["{}", "{}0", str(UUID(int=0)), "0", "2", "-1", "1.0", "one", "%00"]


async def test_sessions_of_nobody_and_others(api_user: Program, subtests: pytest.Subtests) -> None:
    """The session of another user is 404, like one that does not exist, and is not ended."""
    other = Program(api_user.app)
    await other.register(username="other", email="other@example.com")
    theirs = (await other.log_in(username="other")).json["session"]["id"]
    for method, name in product(("GET", "DELETE"), SESSIONS_OF_OTHERS):
        with subtests.test(method=method, name=name):
            answer = await api_user.send(method, f"/sessions/{name.format(theirs)}")
            assert (answer.status, answer.problem) == (404, "Not Found")
            assert await other.is_in()


async def test_logging_out_everywhere_else(api_user: Program) -> None:
    """All sessions and tokens end but the current one."""
    others = [Program(api_user.app) for _ in range(5)]
    for index, other in enumerate(others):
        await other.log_in(kind="remembered" if index < 2 else "session")
    remembered = [other.copy("remember_token") for other in others[:2]]
    tokens = [await with_token(api_user.app) for _ in range(2)]
    assert (await tokens[0].send("DELETE", "/sessions")).status == 204
    assert await tokens[0].is_in()
    for gone in (api_user, tokens[1], *others, *remembered):
        assert not await gone.is_in()


@pytest.mark.parametrize("kind", ["session", "remembered", "bearer"])
async def test_logging_out(program: Program, kind: str) -> None:
    """A logout ends the login on the server: copies of cookies and tokens are refused by API and pages."""
    await program.register()
    program.token = (await program.log_in(kind=kind)).json["token"]
    copies = [program.copy(), program.copy("session"), program.copy("remember_token")]
    answer = await program.send("DELETE", "/sessions/current")
    assert (answer.status, answer.text) == (204, "")
    assert {name: cookie.value for name, cookie in answer.cookies.items()} == {
        "session": {"session": ""},
        "remembered": {"session": "", "remember_token": ""},
        "bearer": {},
    }[kind]
    visitor = Visitor(program.app)
    for gone in (program, *copies):
        assert not await gone.is_in()
        visitor.client = gone.client
        assert not await visitor.is_in()


# --- the password


async def change(program: Program, **changes: str) -> tuple[int, str]:
    """Change the password; return the status and the problem, if any."""
    answer = await program.send(
        "PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD, **changes}
    )
    return answer.status, answer.text and answer.problem


async def test_changing_the_password(api_user: Program) -> None:
    """A change ends all other logins and all copies of the current one, which goes on."""
    others = [api_user.copy(), Program(api_user.app), await with_token(api_user.app)]
    await others[1].log_in()
    assert await change(api_user) == (204, "")
    assert await api_user.is_in()
    for other in others:
        assert not await other.is_in()
    assert (await Program(api_user.app).log_in()).status == 401
    assert (await Program(api_user.app).log_in(password=NEW_PASSWORD)).status == 201


async def test_changing_the_password_needs_the_password(api_user: Program) -> None:
    """Without the current password nothing is changed."""
    assert await change(api_user, current_password="wrong") == (403, "password-wrong")
    assert await change(api_user, new_password="short") == (400, "fields-invalid")
    assert await api_user.is_in()
    assert (await Program(api_user.app).log_in()).status == 201


async def test_changing_the_password_needs_a_fresh_login(api_user: Program) -> None:
    """A remembered login cannot change the password."""
    remembered = Program(api_user.app)
    await remembered.log_in(kind="remembered")
    remembered.forget("session")
    answer = await remembered.send("PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert (answer.status, answer.problem) == (401, "login-stale")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication"'
    assert await change(Program(api_user.app)) == (401, "login-required")


async def test_a_login_that_ends_meanwhile(api_user: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that is ended while the password is checked changes nothing, and gets an error."""
    elsewhere = await with_token(api_user.app)

    async def end_and_check(checked: User, password: str) -> bool:
        await elsewhere.send("DELETE", "/sessions")
        return await check_password(checked, password)

    with monkeypatch.context() as patch:
        patch.setattr(authentication, "check_password", end_and_check)
        answer = await api_user.send(
            "PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        )
    assert (answer.status, answer.problem) == (401, "login-required")
    assert answer.cookies == {}
    assert (await Program(api_user.app).log_in()).status == 201


# --- cost


@pytest.mark.parametrize("kind", ["session", "bearer"])
async def test_one_query_for_a_user(program: Program, queries: list[str], kind: str) -> None:
    """A request with a cookie or a token costs one query, for the user."""
    await program.register()
    program.token = (await program.log_in(kind=kind)).json["token"]
    queries.clear()
    assert await program.is_in()
    assert len(queries) == 1


async def test_no_query_for_strangers(program: Program, queries: list[str]) -> None:
    """A request without credentials costs no query."""
    for path in ("/me", "/docs", "/openapi.json", "/nowhere"):
        await program.send("GET", path)
    await program.register(password="x")
    await Program(program.app, "no token").send("GET", "/me")
    assert queries == []
