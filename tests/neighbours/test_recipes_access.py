"""The recipes of docs/extensions.md that let people in, or keep them out, do what the page says."""

from __future__ import annotations

from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient
from quart.testing.connections import WebsocketDisconnectError

from tests.neighbours.conftest import Recipe, body, browser

# --- tokens


async def test_tokens_open_the_api_and_cookies_do_not(recipe: Recipe) -> None:
    """A token is accepted, a session is not, and the token's owner is not compat's user."""
    example = recipe("Flask-HTTPAuth")
    token = {"Authorization": "Bearer the token of susan"}

    accepted = await browser(example).post("/api/articles", headers=token)
    beside = await browser(example, "john").post("/api/articles", headers=token)
    refused = [
        await browser(example, "susan").post("/api/articles"),
        await browser(example).post("/api/articles", headers={"Authorization": "Bearer another"}),
        await browser(example).post("/api/articles", headers={"Authorization": "Basic c3VzYW46Y2F0"}),
    ]

    assert (accepted.status_code, await accepted.get_json()) == (201, {"author": "susan"})
    assert await beside.get_json() == {"author": "susan"}
    assert [response.status_code for response in refused] == [401, 401, 401]
    assert "Set-Cookie" not in accepted.headers


async def test_tokens_of_closed_accounts_open_nothing(recipe: Recipe) -> None:
    """The token of a user who is not active is refused."""
    example = recipe("Flask-HTTPAuth")
    example.User.is_active = False

    response = await browser(example).post("/api/articles", headers={"Authorization": "Bearer the token of susan"})

    assert response.status_code == 401


# --- limits


async def test_limits_are_counted_by_user(recipe: Recipe) -> None:
    """Each user has a count, at whatever address, and a visitor that of the address."""
    example = recipe("Flask-Limiter")
    here, elsewhere = ({"client": (address, 1)} for address in ("192.0.2.1", "192.0.2.2"))

    async with example.app.test_app():
        seen = [
            [(await browser(example, name).get("/search", scope_base=scope)).status_code for scope in scopes]
            for name, scopes in (
                ("susan", (here, elsewhere, elsewhere)),
                ("john", (here,)),
                (None, (here, here, here, elsewhere)),
            )
        ]

    # Under "basic" protection a login at another address is stale, and stays.
    assert seen == [[200, 200, 429], [200], [200, 200, 429, 200]]


async def test_logins_are_counted_by_address(recipe: Recipe) -> None:
    """A login is counted for the address, whoever is logged in and whatever address a header names."""
    example = recipe("Flask-Limiter")

    async with example.app.test_app():
        statuses = [
            (await browser(example, name).post("/login", headers={"X-Forwarded-For": f"192.0.2.{number}"})).status_code
            for number, name in enumerate((None, "susan", "john", None, None, None, "john"))
        ]

    assert statuses == [200] * 5 + [429] * 2


async def test_the_limiters_own_key_can_be_chosen_by_the_client(recipe: Recipe) -> None:
    """Without a key function a new X-Forwarded-For is a new count: why the page always gives one."""
    example = recipe("Flask-Limiter")
    example.app.before_request_funcs.clear()
    example.app.after_request_funcs.clear()
    example.RateLimiter(example.app)

    statuses = [
        (await QuartClient(example.app).get("/search", headers=headers)).status_code
        for headers in ({"X-Forwarded-For": "a"}, {"X-Forwarded-For": "a"}, {"X-Forwarded-For": "a"})
    ] + [(await QuartClient(example.app).get("/search", headers={"X-Forwarded-For": "b"})).status_code]

    assert statuses == [200, 200, 429, 200]


# --- https and headers


async def test_http_is_redirected_to_the_named_host(recipe: Recipe) -> None:
    """A request over http is sent to https at the host of the page, whatever Host says; its cookies are Secure."""
    example = recipe("Flask-Talisman and Flask-SSLify")

    @example.app.post("/login")
    async def login() -> str:
        example.login_user(example.USERS["susan"], remember=True)
        return "Welcome."

    sent: list[dict[str, Any]] = []

    async def keep(message: dict[str, Any]) -> None:
        sent.append(message)

    # Not by Quart's test client, which cannot read a body that is left out.
    scope = {"type": "http", "scheme": "http", "headers": [(b"host", b"evil.example")], "root_path": ""}
    await example.app.asgi_app({**scope, "raw_path": b"/a", "query_string": b"b=c"}, None, keep)
    secure = await browser(example).post("/login", scheme="https")

    assert (sent[0]["status"], dict(sent[0]["headers"])) == (307, {b"location": b"https://www.example.com/a?b=c"})
    assert {name: secure.headers[name] for name in example.HEADERS} == example.HEADERS
    cookies = secure.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    assert all("Secure" in cookie and "SameSite=Lax" in cookie for cookie in cookies)


# --- permissions


async def test_permissions_follow_the_user(recipe: Recipe) -> None:
    """A user with the role passes, one without is refused, and a visitor is asked to log in."""
    example = recipe("Flask-Principal")

    statuses = [(await browser(example, name).get("/edit")).status_code for name in ("susan", "john", None)]
    example.USERS["susan"].roles = []

    assert statuses == [200, 403, 401]
    assert (await browser(example, "susan").get("/edit")).status_code == 403


async def test_permissions_are_conditions_and_contexts(recipe: Recipe) -> None:
    """They are true or false, stop a ``with``, guard sync views, and let no visitor through."""
    example = recipe("Flask-Principal")

    @example.app.get("/with")
    async def with_it() -> str:
        with example.editors.require(404):
            return "In."

    @example.app.get("/sync")
    @example.editors.require()
    def sync() -> str:
        return "In."

    @example.app.get("/condition")
    async def condition() -> str:
        mine = example.Permission(example.Need("id", "john"), example.Need("role", "editor"))
        return f"{bool(example.editors)} {mine.can()}"

    seen = {
        name: [(await browser(example, name).get(path)).status_code for path in ("/with", "/sync")]
        for name in ("susan", "john", None)
    }

    assert seen == {"susan": [200, 200], "john": [404, 403], None: [404, 403]}
    assert [await body(browser(example, name), "/condition") for name in ("susan", "john", None)] == [
        "True True",
        "False True",
        "False False",
    ]
    with pytest.raises(ValueError, match="everybody"):
        example.Permission()


# --- a panel of Flask-Admin


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # Flask-Login 0.6.3
async def test_the_admin_panel_knows_the_login(recipe: Recipe) -> None:
    """An editor who has logged in on Quart sees the panel; others are refused, and no other path leads there."""
    example = recipe("Flask-Admin")
    through = Quart("through")
    through.asgi_app = example.served  # type: ignore[method-assign]  # as the server would call it

    async def ask(name: str | None, path: str) -> tuple[int, str]:
        client = browser(example, name)
        client.app = through
        response = await client.get(path)
        return response.status_code, await response.get_data(as_text=True)

    @example.app.get("/administrators")
    async def administrators() -> str:
        return "On Quart."

    panel = await ask("susan", "/admin/")

    assert panel[0] == 200
    assert "/admin/static/" in panel[1]
    assert [(await ask(name, "/admin/"))[0] for name in ("john", None)] == [403, 403]
    assert await ask("susan", "/administrators") == (200, "On Quart.")


# --- other frameworks


async def test_another_framework_is_for_users(recipe: Recipe) -> None:
    """Users reach it and are known there, visitors are sent to log in, and their websockets are refused."""
    example = recipe("Other frameworks")
    through = Quart("through")
    through.asgi_app = example.served  # type: ignore[method-assign]  # as the server would call it
    (susan, visitor) = (browser(example, name) for name in ("susan", None))

    @example.app.get("/")
    async def index() -> str:
        return "On Quart."

    for client in (susan, visitor):
        client.app = through
    refused = await visitor.get("/panel/a?b=c")

    assert await body(susan, "/panel/a") == "The panel of susan"
    assert (refused.status_code, refused.location) == (302, "/login?next=%2Fpanel%2Fa")
    assert [await body(client, "/") for client in (susan, visitor)] == ["On Quart.", "On Quart."]
    with pytest.raises(WebsocketDisconnectError):
        async with visitor.websocket("/panel/live") as socket:
            await socket.receive()
