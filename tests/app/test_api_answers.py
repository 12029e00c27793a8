"""What all responses of the API have in common: problems, headers, caching, methods, cross-site checks."""

from __future__ import annotations

from typing import NoReturn

import pytest
from quart.testing import QuartClient, connections
from sqlalchemy.exc import ProgrammingError
from werkzeug.exceptions import TooManyRequests

from quart_app.application import Application
from tests.app.broken_database import broken
from tests.app.program import SUSAN, Answer, Program, with_token
from tests.app.visitor import PASSWORD, Visitor
from tests.fixtures import OTHER_SITES

NO_SESSION = "00000000-0000-4000-8000-000000000000"
ANSWERED = [
    ("GET", "/me", 401),
    ("GET", "/sessions", 401),
    ("DELETE", "/sessions", 401),
    ("DELETE", f"/sessions/{NO_SESSION}", 401),
    ("DELETE", "/sessions/current", 401),
    ("GET", "/sessions/current", 401),
    ("GET", f"/sessions/{NO_SESSION}", 401),
    ("POST", "/sessions/current/renewal", 401),
    ("GET", "", 200),
    ("PUT", "/me/password", 401),
    ("PUT", "/me/email", 401),
    ("DELETE", "/me", 401),
    ("GET", "/openapi.json", 200),
    ("GET", "/docs", 200),
    ("HEAD", "/docs", 200),
    ("OPTIONS", "/me", 204),
    ("OPTIONS", "/users", 204),
    ("OPTIONS", "/openapi.json", 204),
    ("OPTIONS", "/nowhere", 404),
    ("GET", "/nowhere", 404),
    ("POST", "/nowhere", 404),
    ("GET", "/users", 405),
    ("PATCH", "/me", 405),
    ("POST", "/openapi.json", 405),
    ("TRACE", "/me", 405),
    ("CONNECT", "/me", 405),
    ("FOO", "/me", 405),
]


# --- problems and headers


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the answers do not depend on the database."""
    return migrated_sqlite_url


async def test_every_answer(program: Program, subtests: pytest.Subtests) -> None:
    """Every response has a fitting status, no cache, no cookie and no redirect; errors are problems."""
    for method, path, status in ANSWERED:
        with subtests.test(method=method, path=path):
            _check_answer(await program.send(method, path), path, status)


def _check_answer(answer: Answer, path: str, status: int) -> None:
    assert answer.status == status
    assert answer.headers["Cache-Control"] == ("no-cache" if (path, status) == ("/openapi.json", 200) else "no-store")
    assert {"Cookie", "Authorization"} <= set(answer.headers["Vary"].split(", "))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.cookies == {}
    assert "Location" not in answer.headers
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    if status >= 400:
        assert answer.json.keys() >= {"type", "title", "status"}
        assert answer.headers["Content-Type"] == "application/problem+json"
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.problem == "login-required"
    if status == 405:
        assert "OPTIONS" in answer.headers["Allow"]


async def test_answers_with_a_user(remembered_api_user: Program) -> None:
    """Responses with a user vary by their credentials."""
    for program in (remembered_api_user, await with_token(remembered_api_user.app)):
        for path in ("/me", "/sessions", "/docs"):
            answer = await program.send("GET", path)
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
            assert set(answer.headers["Vary"].split(", ")) == {"Cookie", "Authorization"}


async def test_head_is_get(remembered_api_user: Program) -> None:
    """HEAD is handled as GET, with the same permissions."""
    whole, head = [
        await remembered_api_user.send(method, "/me", headers={"X-Request-ID": "1"}) for method in ("GET", "HEAD")
    ]
    assert head.status == 200
    assert head.headers.to_wsgi_list() == whole.headers.to_wsgi_list()


@pytest.mark.parametrize(
    ("method", "path", "status"), [("OPTIONS", "me", 204), ("OPTIONS", "asyncapi.json", 204), ("DELETE", "/me", 308)]
)
async def test_no_pages(app: Application, method: str, path: str, status: int) -> None:
    """OPTIONS, and a redirect to the right spelling of a path, have neither a page nor the type of one."""
    async with QuartClient(app).request(f"/api/v1/{path}", method=method) as connection:
        await connection.send_complete()
    assert isinstance(connection, connections.TestHTTPConnection)  # its response would add the type itself
    assert connection.status_code == status
    assert connection.headers is not None
    assert "Content-Type" not in connection.headers
    assert connection.headers.get("Content-Length") == ("0" if status == 308 else None)
    assert connection.headers.get("Location") == ("http://localhost/api/v1/me" if status == 308 else None)
    assert connection.response_data == b""


async def test_options_tell_nothing(remembered_api_user: Program) -> None:
    """OPTIONS lists the methods and nothing of the user; a cross-site preflight is not allowed."""
    asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "PUT"}
    answer = await remembered_api_user.send("OPTIONS", "/me/password", headers=asked)
    assert (answer.status, answer.text) == (204, "")
    assert set(answer.headers["Allow"].split(", ")) == {"PUT", "OPTIONS"}
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_addresses_near_the_api(visitor: Visitor) -> None:
    """An unknown path below ``/api`` gets a problem, not a page."""
    for path in ("/api", "/api/", "/api/v2/me", "/api/v1/me/"):
        page = await visitor.get(path)
        assert (page.status, page.headers["Content-Type"]) == (404, "application/problem+json"), path


async def test_pages_go_on_as_pages(visitor: Visitor) -> None:
    """Errors outside of the API are pages."""
    assert "Page not found" in (await visitor.get("/apis")).text
    assert (await visitor.get("/account")).location == "/login?next=%2Faccount"


@pytest.mark.parametrize("kind", ["session", "bearer"])
@pytest.mark.parametrize("error", [OSError("connection refused"), TimeoutError()])
async def test_a_fault_is_no_logout(program: Program, kind: str, error: Exception) -> None:
    """While the database is down: 503 with ``Retry-After``, no cookie, and all logins survive."""
    await program.register()
    program.token = (await program.log_in(kind=kind)).json["token"]
    with broken(error):
        wanted = (("GET", "/me"), ("DELETE", "/sessions"), ("DELETE", "/sessions/current"), ("GET", "/docs"))
        for method, path in wanted:
            answer = await program.send(method, path)
            assert (answer.status, answer.problem, answer.cookies) == (503, "unavailable", {})
            assert answer.headers["Retry-After"] == "1"
            assert "refused" not in answer.text
        assert (await Program(program.app).register(username="other", email="other@example.com")).status == 503
        assert (await Program(program.app).log_in()).status == 503
        assert (await program.send("GET", "/openapi.json")).status == 200
        assert (await Program(program.app).send("GET", "/docs")).status == 200
    assert await program.is_in()


async def test_an_internal_error(remembered_api_user: Program, app: Application) -> None:
    """An internal error is a 500 without details or cookies."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with broken(ProgrammingError("SELECT secrets", None, Exception("no such table"))):
        answer = await remembered_api_user.send("GET", "/me")
    assert (answer.status, answer.problem, answer.cookies) == (500, "Internal Server Error", {})
    assert answer.json.keys() == {"type", "title", "status"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert await remembered_api_user.is_in()


async def test_too_many_attempts(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A throttled login is a problem with ``Retry-After``."""

    async def refuse(*_: object) -> NoReturn:
        raise TooManyRequests("Wait.", retry_after=60)

    monkeypatch.setattr("quart_app.api.sessions.authenticate", refuse)
    answer = await program.log_in()
    assert (answer.status, answer.problem, answer.headers["Retry-After"]) == (429, "Too Many Requests", "60")
    assert answer.json["detail"] == "Wait."


async def test_nothing_that_was_sent_comes_back(remembered_api_user: Program) -> None:
    """No response repeats a password or an invalid value."""
    secret = "a secret of susan's <script>"
    answers = [
        await remembered_api_user.register(password=secret),
        await remembered_api_user.register(username=f"{secret}@", email=secret, password=secret),
        await remembered_api_user.register(password=secret * 20),
        await remembered_api_user.log_in(password=secret),
        await remembered_api_user.log_in(username=secret, kind=secret),
        await remembered_api_user.send("PUT", "/me/password", {"current_password": secret, "new_password": secret}),
        await remembered_api_user.send("GET", f"/{secret}"),
    ]
    assert [answer.status for answer in answers] == [409, 400, 400, 401, 400, 403, 404]
    assert not [answer for answer in answers if "secret" in answer.text]


# --- other sites


async def everything(program: Program, headers: dict[str, str]) -> list[Answer]:
    """Send every changing request, with these headers."""
    change = {"current_password": PASSWORD, "new_password": "another fine password"}
    mallory = {**SUSAN, "username": "mallory", "email": "mallory@example.com"}
    return [
        await program.send("POST", "/users", mallory, headers),
        await program.send("POST", "/sessions", {"username": "susan", "password": PASSWORD}, headers),
        await program.send("PUT", "/me/email", {"current_password": PASSWORD, "email": "m@example.com"}, headers),
        await program.send("POST", "/me/email-confirmation", None, headers),
        await program.send("POST", "/email-confirmations", {"token": "none"}, headers),
        await program.send("POST", "/password-resets", {"email": "m@example.com"}, headers),
        await program.send("POST", "/passwords", {"token": "none", "password": change["new_password"]}, headers),
        await program.send("PUT", "/me/password", change, headers),
        await program.send("DELETE", f"/sessions/{NO_SESSION}", None, headers),
        await program.send("POST", "/sessions/current/renewal", None, headers),
        await program.send("DELETE", "/sessions", None, headers),
        await program.send("DELETE", "/me", {"current_password": change["new_password"]}, headers),
        await program.send("DELETE", "/sessions/current", None, headers),
    ]


async def test_requests_of_other_sites(remembered_api_user: Program, subtests: pytest.Subtests) -> None:
    """Requests that a browser marks as cross-site get 403 and change nothing."""
    other = await with_token(remembered_api_user.app)
    for headers in OTHER_SITES:
        with subtests.test(headers=headers):
            for answer in await everything(remembered_api_user, headers):
                assert (answer.status, answer.problem, answer.cookies) == (403, "Forbidden", {})
            assert await remembered_api_user.is_in()
            assert await other.is_in()
    assert (await Program(remembered_api_user.app).log_in(username="mallory")).status == 401
    assert (await Program(remembered_api_user.app).log_in()).status == 201


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}])
async def test_requests_of_our_own(remembered_api_user: Program, headers: dict[str, str]) -> None:
    """Same-origin requests, and those of programs, need no CSRF token."""
    await with_token(remembered_api_user.app)
    assert [answer.status for answer in await everything(remembered_api_user, headers)] == [
        201,
        201,
        202,
        202,
        404,
        202,
        404,
        204,
        404,
        403,
        204,
        204,
        401,  # the account is gone
    ]


async def test_every_change_was_tried(app: Application) -> None:
    """The list above contains every changing operation."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    changing = [rule for rule in rules if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}]
    assert len(changing) == len(await everything(Program(app), {"Origin": "null"}))
