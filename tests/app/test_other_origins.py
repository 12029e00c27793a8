"""Pages of other origins: ``API_ALLOWED_ORIGINS`` opens the API and the websocket to them, by bearer tokens alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from quart.testing import QuartClient

from quart_app.application import Application
from quart_app.defences.cors import EXPOSED_HEADERS, REQUEST_HEADERS
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.broken_database import broken
from tests.app.logged_in import log_in_as_new_user
from tests.app.program import CREDENTIALS, SUSAN, Answer, Program, browser_of
from tests.app.tab import OURS, open_tab, refusal
from tests.app.visitor import Visitor

ALLOWED = "https://app.example.com"
WEB_VIEW = "capacitor://localhost"
FOREIGN = ("https://evil.test", "null", WEB_VIEW, "https://app.example.com.evil.test", "http://app.example.com", OURS)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "json-api.md"
STARTS = ("The page can send", "The page can read")
PREFLIGHT = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: nothing here depends on the database."""
    return migrated_sqlite_url


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One origin is allowed."""
    return settings.model_copy(update={"api_allowed_origins": (ALLOWED,), "address_limits": True})


def cors_headers(answer: Answer) -> list[str]:
    """The names of the headers by which a browser is allowed something."""
    return [name for name in answer.headers.keys() if name.lower().startswith("access-control-")]  # noqa: SIM118


def varies_by(answer: Answer) -> set[str]:
    """The names in ``Vary``."""
    return {name.strip() for name in answer.headers["Vary"].split(",")}


# --- the headers


async def test_preflight(program: Program, queries: list[str], subtests: pytest.Subtests) -> None:
    """A preflight from the allowed origin is 204, names methods and headers, no cookies, and costs no query."""
    for path in ("/sessions", "/sessions/current", "/me", "/nowhere"):
        with subtests.test(path=path):
            answer = await program.send("OPTIONS", path, headers={**PREFLIGHT, "Origin": ALLOWED})
            assert (answer.status, answer.text, queries) == (204, "", [])
            assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
            assert answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, POST, PUT"
            assert (
                answer.headers["Access-Control-Allow-Headers"]
                == "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer, X-Request-ID"
            )
            assert answer.headers["Access-Control-Max-Age"] == "600"
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert varies_by(answer) == {"Cookie", "Authorization", "Origin"}


async def test_no_preflight_for_others(program: Program, subtests: pytest.Subtests) -> None:
    """Any other origin gets no header that allows anything, and so browsers send nothing further."""
    for origin in FOREIGN:
        with subtests.test(origin=origin):
            answer = await program.send("OPTIONS", "/sessions", headers={**PREFLIGHT, "Origin": origin})
            assert cors_headers(answer) == []
            assert "Origin" in varies_by(answer)


async def test_answers_can_be_read(bearer_program: Program) -> None:
    """Success, problem and 429 name the origin and the exposed headers; answers to others vary by it as well."""
    sent = {"Origin": ALLOWED}
    answers = [
        await bearer_program.send("GET", "/me", headers=sent),
        await Program(bearer_program.app).send("GET", "/me", headers=sent),
        await bearer_program.send("GET", "/nowhere", headers=sent),
    ]
    while (answer := await Program(bearer_program.app).send("POST", "/sessions", {}, sent)).status != 429:
        assert "RateLimit-Remaining" in answer.headers
    answers.append(answer)
    assert [answer.status for answer in answers] == [200, 401, 404, 429]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == set(EXPOSED_HEADERS)
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert varies_by(answer) == {"Cookie", "Authorization", "Origin"}
    assert "Retry-After" in answer.headers
    plain = await bearer_program.send("GET", "/me")
    assert (cors_headers(plain), varies_by(plain)) == ([], {"Cookie", "Authorization", "Origin"})


async def test_errors_can_be_read(bearer_program: Program) -> None:
    """So does each kind of error, whatever part of the server has found it."""
    program, sent = bearer_program, {"Origin": ALLOWED}
    json_sent = {**sent, "Content-Type": "application/json"}
    answers = [
        await program.send_bytes("POST", "/users", b"{", json_sent),
        await program.send("PATCH", "/me", headers=sent),
        await program.send_bytes("POST", "/users", b" " * 70_000, json_sent),
        await program.send_bytes("POST", "/users", b"{}", {**sent, "Content-Type": "text/plain"}),
        await program.send("POST", "/users", {**SUSAN, "unknown": 1}, {**sent, "Prefer": "handling=strict"}),
        await program.send("POST", "/sessions", {**CREDENTIALS, "kind": "session"}, sent),
    ]
    program.app.config["PROPAGATE_EXCEPTIONS"] = False
    for error in (RuntimeError(), OSError("connection refused")):
        with broken(error):
            answers.append(await program.send("GET", "/me", headers=sent))
    assert [answer.status for answer in answers] == [400, 405, 413, 415, 422, 403, 500, 503]
    for answer in answers:
        assert answer.problem
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == set(EXPOSED_HEADERS)


def test_headers_are_documented() -> None:
    """docs/json-api.md names what a page can send, and what it can read."""
    text = " ".join(DOCUMENTATION.read_text().split()).replace("`RateLimit-*`", "")
    sent, read = (set(re.findall(r"`([\w-]+)`", text.partition(start)[2].partition("beside")[0])) for start in STARTS)
    assert sent == set(REQUEST_HEADERS)
    assert read == {name for name in EXPOSED_HEADERS if not name.startswith("RateLimit-")}


@pytest.mark.parametrize(("origin", "path"), [(ALLOWED, "/api/v1/me"), (FOREIGN[0], "/api/v1/me"), (ALLOWED, "/login")])
async def test_another_host_name(settings: Settings, origin: str, path: str) -> None:
    """Under an unknown name of the site an allowed page is told so by the API, and nobody else by anything."""
    app = create_app(settings.model_copy(update={"allowed_hosts": ("example.com",)}))
    sent = {"Host": "example.org", "Origin": origin}
    client = QuartClient(app)
    preflight = await client.options(path, headers={**sent, **PREFLIGHT})
    answer = await client.get(path, headers=sent)
    assert answer.status_code == 400
    is_told = (origin, path) == (ALLOWED, "/api/v1/me")
    assert preflight.status_code == (204 if is_told else 400)
    for each in (preflight, answer):
        assert each.headers.get("Access-Control-Allow-Origin") == (ALLOWED if is_told else None)
        assert each.headers.get("Vary") == (None if path == "/login" else "Origin")
    assert ("Access-Control-Allow-Methods" in preflight.headers) == is_told
    content_type = "text/plain; charset=utf-8" if path == "/login" else "application/problem+json"
    assert answer.headers["Content-Type"] == content_type
    assert "not served under that name" in await answer.get_data(as_text=True)


async def test_pages_are_not_opened(visitor: Visitor) -> None:
    """Outside of the API nothing is said to another origin, and its forms are refused as ever."""
    page = await visitor.get("/login", {"Origin": ALLOWED})
    assert not [name for name, _ in page.headers if name.lower().startswith("access-control-")]
    refused = await visitor.post("/login", {**CREDENTIALS, "csrf_token": page.token}, {"Origin": ALLOWED})
    assert refused.status == 403


async def status_at(app: Application, path: str, root_path: str, headers: Iterable[tuple[str, str]]) -> int:
    """The status of a GET with this path, exactly as a server would pass it on."""
    sent: list[Any] = []

    async def receive() -> Any:
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": root_path,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 1024),
        "server": None,
        "extensions": {},
    }
    await app(scope, receive, send)
    return int(sent[0]["status"])


async def test_other_spellings_of_paths(app: Application, visitor: Visitor, subtests: pytest.Subtests) -> None:
    """However the path is spelled: where the API is found a foreign page has no cookies, and this site has them."""
    await log_in_as_new_user(visitor, remember=False)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookie_jar or ())
    headers = [("host", "localhost"), ("cookie", cookies)]
    by_cookie = [*headers, ("origin", ALLOWED)]
    by_token = [*headers, ("origin", FOREIGN[0]), ("authorization", "Bearer garbage")]
    for root_path in ("", "/sub"):
        with subtests.test(root_path=root_path):
            found = 0
            for path in ("/api/v1/me", "//api/v1/me", "///api/v1/me", "api/v1/me", "/API/v1/me", "/./api/v1/me"):
                for start in (
                    root_path,
                    "http://localhost" + root_path,
                    "http://localhost/" + root_path,
                    "//localhost",
                ):
                    ours = await status_at(app, start + path, root_path, headers)
                    for foreign in (by_cookie, by_token):
                        theirs = await status_at(app, start + path, root_path, foreign)
                        assert (ours, theirs) in ((200, 401), (404, 404), (308, 308)), start + path
                    found += ours == 200
            assert found >= 3


async def test_nothing_is_allowed_by_default(settings: Settings) -> None:
    """Without the setting no origin gets a header, and ``Origin`` is not in ``Vary``."""
    app = create_app(settings.model_copy(update={"api_allowed_origins": ()}))
    async with app.test_app():
        for method in ("GET", "OPTIONS"):
            answer = await Program(app).send(method, "/sessions", headers={**PREFLIGHT, "Origin": ALLOWED})
            assert (cors_headers(answer), "Origin" in answer.headers["Vary"]) == ([], False)
        assert (await Program(app).send("POST", "/users", SUSAN, {"Origin": ALLOWED})).status == 403


# --- what it opens


async def test_a_day_of_a_page(app: Application) -> None:
    """A page of the allowed origin registers, logs in by token, uses it and logs out; it never gets a cookie."""
    sent = {"Origin": ALLOWED, "Sec-Fetch-Site": "cross-site"}
    page = Program(app)
    answers = [await page.send("POST", "/users", SUSAN, sent)]
    answers.append(await page.send("POST", "/sessions", {**CREDENTIALS, "kind": "bearer"}, sent))
    page.token = answers[-1].json["token"]
    answers.append(await page.send("GET", "/me", headers=sent))
    answers.append(await page.send("DELETE", "/sessions/current", headers=sent))
    assert [answer.status for answer in answers] == [201, 201, 200, 204]
    assert [answer.cookies for answer in answers] == [{}] * 4
    assert not await page.is_in()


@pytest.mark.parametrize("kind", ["session", "remembered"])
async def test_it_gets_no_cookies(program: Program, kind: str) -> None:
    """The allowed origin cannot log in by cookies: 403 with the kind to ask for."""
    await program.register()
    answer = await program.send("POST", "/sessions", {**CREDENTIALS, "kind": kind}, {"Origin": ALLOWED})
    assert (answer.status, answer.cookies) == (403, {})
    assert "Ask for kind bearer" in answer.json["detail"]


async def test_cookies_do_not_count(user: Visitor) -> None:
    """The cookies of a user are worth nothing in a request from the allowed origin, and stay as they are."""
    program = browser_of(user)
    for method, path in (("GET", "/me"), ("DELETE", "/sessions"), ("DELETE", "/sessions/current")):
        answer = await program.send(method, path, headers={"Origin": ALLOWED})
        assert (answer.status, answer.problem, answer.cookies) == (401, "login-required", {})
    assert await user.is_in()


async def test_a_token_from_anywhere(bearer_program: Program, subtests: pytest.Subtests) -> None:
    """A request by token is subject to no cross-site check, and allows its page nothing beyond that."""
    for origin, fetch_site in product(FOREIGN, (None, "cross-site", "same-site")):
        with subtests.test(origin=origin, fetch_site=fetch_site):
            sent = {"Origin": origin} | ({} if fetch_site is None else {"Sec-Fetch-Site": fetch_site})
            answer = await bearer_program.send("DELETE", "/sessions", headers=sent)
            assert (answer.status, cors_headers(answer)) == (204, [])


async def test_a_token_beside_cookies(bearer_program: Program, subtests: pytest.Subtests) -> None:
    """In a request from another site the token counts, and the cookies of another user do not, whatever the token."""
    henry = Visitor(bearer_program.app)
    await henry.register("henry", email="henry@example.com")
    await henry.login("henry")
    both = browser_of(henry)
    for origin in (ALLOWED, "https://evil.test", "null"):
        with subtests.test(origin=origin):
            both.token = bearer_program.token
            answer = await both.send("GET", "/me", headers={"Origin": origin})
            assert (answer.status, answer.json["username"]) == (200, "susan")
            both.token = "garbage"
            for method, path in (("GET", "/me"), ("DELETE", "/sessions/current")):
                answer = await both.send(method, path, headers={"Origin": origin})
                assert (answer.status, answer.problem) == (401, "token-invalid")
            assert await henry.is_in()


async def test_a_token_opens_no_form(user: Visitor) -> None:
    """A page is checked as ever: a token in its request changes nothing."""
    token = (await user.get("/account")).token
    headers = {"Authorization": "Bearer x", "Origin": ALLOWED}
    assert (await user.post("/logout", {"csrf_token": token}, headers)).status == 403
    assert await user.is_in()


async def test_the_own_origin_may_be_listed(settings: Settings) -> None:
    """If the list has the site itself, its own pages still use their cookies."""
    app = create_app(settings.model_copy(update={"api_allowed_origins": (ALLOWED, OURS)}))
    async with app.test_app():
        visitor = Visitor(app)
        await log_in_as_new_user(visitor, remember=False)
        sent = {"Origin": OURS, "Sec-Fetch-Site": "same-origin"}
        assert (await browser_of(visitor).send("GET", "/me", headers=sent)).status == 200
        async with open_tab(visitor) as tab:
            assert await tab.names() == ["susan"]


# --- the websocket


async def test_a_page_opens_the_websocket(bearer_program: Program, subtests: pytest.Subtests) -> None:
    """A page sends the token as a subprotocol; the server chooses ``bearer``, and never repeats the token."""
    stranger = Visitor(bearer_program.app)
    subprotocols = ["bearer", str(bearer_program.token)]
    for origin in (ALLOWED, OURS, None):
        with subtests.test(origin=origin):
            async with open_tab(stranger, origin=origin, subprotocols=subprotocols) as tab:
                assert (await tab.names(), tab.subprotocol) == (["susan"], "bearer")


async def test_a_program_opens_the_websocket(bearer_program: Program, subtests: pytest.Subtests) -> None:
    """A token in ``Authorization``, which no page can send, opens it from everywhere."""
    authorization = f"Bearer {bearer_program.token}"
    for origin in (ALLOWED, OURS, None, *FOREIGN):
        with subtests.test(origin=origin):
            async with open_tab(Visitor(bearer_program.app), origin=origin, authorization=authorization) as tab:
                assert (await tab.names(), tab.subprotocol) == (["susan"], None)


async def test_who_may_not_open_it(user: Visitor, bearer_program_token: str) -> None:
    """Cookies from another origin, pages of other origins, wrong tokens and odd subprotocols open nothing."""
    token = bearer_program_token
    assert await refusal(user, origin=ALLOWED) == 401
    assert await refusal(user, origin=ALLOWED, subprotocols=["bearer", "x"]) == 401
    assert await refusal(user, subprotocols=["bearer", "x"]) == 401  # with the cookies of its own page
    assert await refusal(user, authorization="Bearer x") == 401
    assert await refusal(Visitor(user.app), subprotocols=["bearer"]) == 401
    assert await refusal(Visitor(user.app), subprotocols=[token]) == 401
    assert await refusal(Visitor(user.app), subprotocols=["bearer", token, "more"]) == 401
    for origin in set(FOREIGN) - {OURS}:
        assert await refusal(user, origin=origin) == 403
        assert await refusal(user, origin=origin, subprotocols=["bearer", token]) == 403
    assert await refusal(user, origin=None) == 403


@pytest.fixture
async def bearer_program_token(user: Visitor) -> str:
    """A token of susan's, who is logged in by cookies, too."""
    answer = await Program(user.app).log_in(kind="bearer")
    return str(answer.json["token"])


async def test_a_token_beside_cookies_of_the_site(bearer_program: Program) -> None:
    """A websocket with a token has the login of the token, also from a page of this site."""
    henry = Visitor(bearer_program.app)
    await henry.register("henry", email="henry@example.com")
    await henry.login("henry")
    async with open_tab(henry, subprotocols=["bearer", str(bearer_program.token)]) as tab:
        assert await tab.names() == ["susan"]


# --- the setting


@pytest.mark.parametrize(
    "value",
    [
        *("*", "null", "app.example.com", "https://app.example.com/", "https://app.example.com/path", "https://"),
        *("HTTPS://app.example.com", "https://App.example.com", "https://app.example.com:443", "http://a.test:80"),
        *(
            "https://*.example.com",
            "https://user@a.test",
            "https://a.test?x",
            "https://münchen.test",
            "https://a.test:",
        ),
    ],
)
def test_what_is_no_origin(value: str) -> None:
    """What no browser sends is refused in one sentence that shows it and says what to write."""
    with pytest.raises(ValidationError, match=r"is not an origin as browsers send.*https://app\.example\.com") as error:
        Settings.model_validate({"api_allowed_origins": f"{ALLOWED},{value}"})
    assert repr(value) in str(error.value)


def test_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is read from the environment, and kept as it is."""
    monkeypatch.setenv("API_ALLOWED_ORIGINS", f"{ALLOWED}, http://localhost:3000,{WEB_VIEW}, http://[::1]:8080")
    assert Settings().api_allowed_origins == (ALLOWED, "http://localhost:3000", WEB_VIEW, "http://[::1]:8080")
