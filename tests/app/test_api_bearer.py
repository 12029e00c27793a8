"""Bearer tokens: what they open, what is not accepted as one, and what ends them."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer
from quart import websocket
from quart.testing import WebsocketResponseError
from quart_auth import QuartAuth
from sqlalchemy import func, select

from compat import current_user, login_required
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.models.login_session import LoginSession
from tests.app.conftest import Clock
from tests.app.many_logins import public_ids
from tests.app.program import Program, with_token
from tests.app.visitor import PASSWORD, Visitor
from tests.services.tables import folder_with_tables

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

SECOND = timedelta(seconds=1)
OURS = "microblog bearer token"
INVALID = 'Bearer error="invalid_token"'


def signed(app: Application, payload: object, salt: str = OURS, key: str | None = None) -> str:
    """A token signed by Quart-Auth with any content."""
    serializer = QuartAuth.serializer_class(key or str(app.secret_key), salt)
    return str(serializer.dumps(payload))


def signed_text(app: Application, text: bytes) -> str:
    """The same, of text that need not be JSON."""
    signer = QuartAuth.serializer_class(str(app.secret_key), OURS).make_signer(OURS.encode())
    return signer.sign(urlsafe_b64encode(text).rstrip(b"=")).decode()


def handle_in(app: Application, token: str) -> str:
    """The handle in a token of ours."""
    return str(QuartAuth.serializer_class(str(app.secret_key), OURS).loads(token))


# --- what is a token


async def test_the_scheme_has_no_case(bearer_program: Program) -> None:
    """The scheme ``Bearer`` is case-insensitive (RFC 9110, 11.1)."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        sent = {"Authorization": f"{scheme} {bearer_program.token}"}
        answer = await Program(bearer_program.app).send("GET", "/me", headers=sent)
        assert (answer.status, answer.json["username"]) == (200, "susan")


async def test_tokens_are_taken_from_their_header_alone(bearer_program: Program) -> None:
    """A token in the URL, a form, another header or a cookie is ignored."""
    other, token = Program(bearer_program.app), str(bearer_program.token)
    for name in ("session", "remember_token", "token", "Authorization"):
        other.client.set_cookie("localhost", name, token)
    sent = {"X-Authorization": f"Bearer {token}", "X-Api-Key": token, "Token": token}
    answer = await other.send("GET", f"/me?access_token={token}&token={token}", headers=sent)
    assert (answer.status, answer.problem) == (401, "login-required")


PAYLOADS: tuple[object, ...] = (
    *(None, True, 1, 0, -1, 2**70, 1.5, [], ["x"], {}, {"a": 1}),
    *("", "1", " 1", "+1", "\0", "|", "\u0661", "x" * 42, "x" * 43, "x" * 43 + "\n", "\N{SNOWMAN}" * 43),
)
ODD: list[Callable[[Application, str], str]] = [
    lambda _, token: "",
    lambda _, token: "x",
    lambda _, token: "=",
    lambda _, token: f"{token} {token}",
    lambda _, token: f"token={token}",
    lambda _, token: token[:-1],
    lambda _, token: token.swapcase(),
    lambda _, token: "\xe9" + token,
    lambda _, token: "." * 5000,
    lambda app, token: handle_in(app, token),
    lambda app, token: signed(app, handle_in(app, token), salt="quart-flask-login remember cookie"),
    lambda app, token: signed(app, handle_in(app, token), salt="quart auth salt"),
    lambda app, token: signed(app, handle_in(app, token), key="another key of somebody"),
    *(lambda app, token, payload=payload: signed(app, payload) for payload in PAYLOADS),
    lambda app, token: signed_text(app, b'"\\ud800"'),
    lambda app, token: signed_text(app, b"no JSON"),
    lambda app, token: signed_text(app, b'"\xff"'),
    lambda app, token: signed_text(app, b"9" * 5000),
    lambda app, token: signed_text(app, b"[" * 20_000),
    lambda app, token: str(URLSafeTimedSerializer(str(app.secret_key), OURS).dumps(handle_in(app, token))),
]


async def test_odd_tokens(bearer_program: Program, subtests: pytest.Subtests) -> None:
    """A token with a wrong key, salt or content is 401, never a redirect."""
    app = bearer_program.app
    assert isinstance(app, Application)
    refused = (401, "token-invalid", INVALID)
    for number, make in enumerate(ODD):
        odd = Program(app, make(app, str(bearer_program.token)))
        for method, path in (("GET", "/me"), ("DELETE", "/sessions"), ("DELETE", "/sessions/current")):
            with subtests.test(token=number, method=method, path=path):
                answer = await odd.send(method, path)
                assert (answer.status, answer.problem, answer.headers["WWW-Authenticate"]) == refused
                assert answer.cookies == {}
        assert await bearer_program.is_in()


async def test_other_schemes_are_no_tokens(bearer_program: Program) -> None:
    """Basic authentication, which a proxy may use, is ignored."""
    for sent in ("Basic c3VzYW46c3VzYW4=", "Basic \xff", "Digest username=susan", "Bearer", "Token x", ""):
        answer = await Program(bearer_program.app).send("GET", "/me", headers={"Authorization": sent})
        assert answer.status == 401


async def test_cookies_and_tokens_are_apart(bearer_program: Program) -> None:
    """The handle of a token is refused in a cookie, and the other way around, even validly signed."""
    app = bearer_program.app
    assert isinstance(app, Application)
    thief = Visitor(app)
    handle = handle_in(app, str(bearer_program.token))
    async with thief.client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = handle, True
    assert not await thief.is_in()
    thief = Visitor(app)
    async with app.app_context():
        thief.client.set_cookie("localhost", "remember_token", signed(app, handle, "quart-flask-login remember cookie"))
    assert not await thief.is_in()

    victim = Visitor(app)
    await victim.login(remember=True)
    async with victim.client.session_transaction() as session:
        handle = session["_user_id"]
    assert not await Program(app, signed(app, handle)).is_in()
    cookies = {cookie.name: cookie.value for cookie in victim.client.cookie_jar or ()}
    for name in ("session", "remember_token"):
        assert not await Program(app, cookies[name]).is_in()


async def test_keys_may_be_replaced(app: Application, bearer_program: Program) -> None:
    """A token signed with a fallback key is accepted, and with a dropped key refused."""
    key = str(app.secret_key)
    url = app.settings.database_url
    for fallbacks, is_good in (((key,), True), ((), False)):
        keys = {"secret_key": "the key of tomorrow", "secret_key_fallbacks": fallbacks}
        app = create_app({"instance_path": app.instance_path, "database_url": url, **keys})
        async with app.test_app():
            assert await Program(app, bearer_program.token).is_in() is is_good


# --- what it opens


async def test_pages_are_for_cookies(bearer_program: Program) -> None:
    """A token opens no page: forms are protected for cookies only."""
    sent = {"Authorization": f"Bearer {bearer_program.token}"}
    for path in ("/", "/index", "/account", "/account/password", "/reauthenticate", "/apis"):
        visitor = Visitor(bearer_program.app)
        page, stranger = await visitor.get(path, sent), await visitor.get(path)
        assert (page.status, page.headers.get("Location")) == (stranger.status, stranger.headers.get("Location"))
        assert page.status in (302, 404), path


async def test_websockets(app: Application, bearer_program: Program) -> None:
    """A token opens a websocket; an invalid one is 401 before the websocket is accepted."""

    @login_required
    async def who() -> None:
        await websocket.accept()
        await websocket.send(current_user.username)

    app.add_websocket("/who", view_func=who)
    sent = {"Origin": "http://localhost", "Authorization": f"Bearer {bearer_program.token}"}
    async with bearer_program.client.websocket("/who", headers=sent) as socket:
        assert await socket.receive() == "susan"
    with pytest.raises(WebsocketResponseError) as refused:
        async with bearer_program.client.websocket("/who", headers={**sent, "Authorization": "Bearer bad"}) as socket:
            await socket.receive()
    assert refused.value.response.status_code == 401


async def test_a_token_gets_no_cookies(bearer_program: Program) -> None:
    """Responses to a token set no cookie."""
    app = bearer_program.app
    stale = Visitor(app)
    await stale.login(remember=True)
    await Program(app).send("GET", "/me")
    await bearer_program.send("DELETE", "/sessions")  # ends the login behind these cookies, which are still sent
    both = Program(app, bearer_program.token)
    both.client = stale.client
    for method, path in (("GET", "/me"), ("GET", "/docs"), ("GET", "/nowhere"), ("PUT", "/me"), ("GET", "/sessions")):
        answer = await both.send(method, path)
        assert answer.cookies == {}
    for kind in ("session", "remembered"):
        answer = await both.log_in(kind=kind)
        assert (answer.status, answer.problem, answer.cookies) == (403, "Forbidden", {})
    assert (await both.send("DELETE", "/sessions/current")).cookies == {}
    assert not await bearer_program.is_in()


@pytest.mark.parametrize("token", ["hers", "of nobody"])
async def test_two_logins_at_once(bearer_program: Program, token: str) -> None:
    """Cookies and a token in one request are refused, and both logins go on."""
    both = Program(bearer_program.app)
    await both.log_in(kind="remembered")
    alone = both.copy()
    both.token = bearer_program.token if token == "hers" else "garbage"
    change = {"current_password": PASSWORD, "new_password": "another fine one"}
    for method, path, content in (("GET", "/me", None), ("PUT", "/me/password", change), ("DELETE", "/sessions", None)):
        answer = await both.send(method, path, content)
        assert (answer.status, answer.problem, answer.cookies) == (400, "Bad Request", {})
    assert await alone.is_in()
    assert await bearer_program.is_in()


async def test_a_token_with_cookies_of_an_ended_login_is_a_token(bearer_program: Program) -> None:
    """A token that changes the password stays, and its cookies, of an ended fresh login, are not renewed."""
    both = Program(bearer_program.app)
    await both.log_in()
    left = both.copy()
    await both.send("DELETE", "/sessions/current")
    left.token = bearer_program.token
    change = {"current_password": PASSWORD, "new_password": "another fine one"}
    answer = await left.send("PUT", "/me/password", change)
    assert (answer.status, answer.text, answer.cookies) == (204, "", {})
    assert await bearer_program.is_in()


async def test_an_expired_token_does_not_hinder_public_operations(bearer_program: Program) -> None:
    """Registration, login and description work with an expired token."""
    bearer_program.token = "ended"
    assert (await bearer_program.send("GET", "/openapi.json")).status == 200
    assert (await bearer_program.log_in(kind="bearer")).status == 201
    assert (await bearer_program.register(username="other", email="other@example.com")).status == 201


# --- what ends it


async def test_tokens_end_at_the_latest(bearer_program: Program, clock: Clock, app: Application) -> None:
    """After ``BEARER_DURATION`` a token is refused, even if it was used."""
    for _ in range(29):
        clock.shift(timedelta(days=1))
        assert await bearer_program.is_in()
        await asyncio.gather(*app.background_tasks)
    clock.shift(timedelta(days=1))
    assert await bearer_program.is_in()
    clock.shift(SECOND)
    assert (await bearer_program.send("GET", "/me")).headers["WWW-Authenticate"] == INVALID


async def test_idle_tokens_end(bearer_program: Program, clock: Clock) -> None:
    """A token that was unused for ``SESSION_IDLE`` is refused."""
    clock.shift(timedelta(days=14))
    assert await bearer_program.copy().is_in()
    clock.shift(timedelta(days=14) + SECOND)
    assert not await bearer_program.is_in()


async def test_the_limit_is_a_setting(tmp_path: Path, clock: Clock) -> None:
    """``BEARER_DURATION`` limits tokens only, and the response to a login contains it."""
    limit = {"bearer_duration": timedelta(hours=1)}
    app = create_app({"instance_path": folder_with_tables(tmp_path), "password_method": "pbkdf2:sha256:1", **limit})
    async with app.test_app():
        cookies = Program(app)
        await cookies.register()
        await cookies.log_in()
        token = await with_token(app)
        sessions = (await token.send("GET", "/sessions")).json["sessions"]
        assert min(session["expires_at"] for session in sessions) == "2027-01-15T09:00:00Z"
        clock.shift(timedelta(hours=1) + SECOND)
        assert not await token.is_in()
        assert await cookies.is_in()
        assert len((await cookies.send("GET", "/sessions")).json["sessions"]) == 1


async def test_the_clock_of_another_host(bearer_program: Program, clock: Clock) -> None:
    """A token from a host whose clock is ahead is accepted."""
    clock.shift(timedelta(seconds=-59))
    assert await bearer_program.is_in()


async def test_the_account_page_shows_and_ends_tokens(bearer_program: Program) -> None:
    """The account page lists tokens among the logins and can end them."""
    visitor = Visitor(bearer_program.app)
    await visitor.login()
    page = await visitor.get("/account")
    assert "API token" in page.text
    (token_id, _) = await public_ids(bearer_program.app)
    done = await visitor.post(f"/account/sessions/{token_id}/end", {"csrf_token": page.token})
    assert done.status == 302
    assert "API token" not in (await visitor.get("/account")).text
    assert not await bearer_program.is_in()


async def test_a_password_changed_on_the_page_ends_tokens(bearer_program: Program) -> None:
    """A password change on the page ends all tokens."""
    visitor = Visitor(bearer_program.app)
    await visitor.login()
    await visitor.submit(
        "/account/password", current_password=PASSWORD, password="another fine one", password2="another fine one"
    )
    assert not await bearer_program.is_in()


async def test_an_account_that_is_gone(bearer_program: Program) -> None:
    """Deleting an account ends its tokens."""
    visitor = Visitor(bearer_program.app)
    await visitor.login()
    await visitor.submit("/account/delete", current_password=PASSWORD)
    assert not await bearer_program.is_in()


@pytest.mark.parametrize("late", [timedelta(hours=1), timedelta(minutes=10)])
async def test_old_tokens_are_cleared_away(tmp_path: Path, clock: Clock, late: timedelta) -> None:
    """Expired tokens are removed at the user's next login."""
    limits = {"bearer_duration": timedelta(hours=1), "session_idle": timedelta(minutes=10)}
    app = create_app({"instance_path": folder_with_tables(tmp_path), "password_method": "pbkdf2:sha256:1", **limits})
    async with app.test_app():
        await Program(app).register()
        token = await with_token(app)
        steps = late // timedelta(minutes=10)
        for _ in range(steps):
            clock.shift(timedelta(minutes=10))
            assert await token.is_in()
            await asyncio.gather(*app.background_tasks)
        clock.shift(SECOND if steps > 1 else timedelta(minutes=10, seconds=1))
        assert not await token.is_in()
        await with_token(app)
        async with app.app_context(), current_database.of(app).session() as session:
            assert await session.scalar(select(func.count()).select_from(LoginSession)) == 1
