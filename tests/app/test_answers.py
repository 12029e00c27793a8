"""What all responses have in common: headers, cookies and error pages."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from quart import Response
from werkzeug.exceptions import ImATeapot

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.logged_in import log_in_as_new_user
from tests.app.visitor import Visitor

ADDRESSES = ["/", "/login", "/logout", "/register", "/account", "/reauthenticate", "/static/style.css", "/nowhere"]


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the answers do not depend on the database."""
    return migrated_sqlite_url


@pytest.mark.parametrize("path", ADDRESSES)
async def test_security_headers(visitor: Visitor, path: str) -> None:
    """Every response has the security headers: redirects, files and errors, too."""
    headers = (await visitor.get(path)).headers
    policy = headers["Content-Security-Policy"]
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in policy
    assert "script" not in policy
    assert "connect-src 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


async def test_script_where_there_is_one(visitor: Visitor) -> None:
    """Only the live page may run scripts, from this site, and connect to this site."""
    await log_in_as_new_user(visitor, remember=False)
    policy = (await visitor.get("/live")).headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy)
    for path in ("/index", "/account", "/static/live.js"):
        assert "script" not in (await visitor.get(path)).headers["Content-Security-Policy"]


async def test_pages_are_not_kept(visitor: Visitor) -> None:
    """Pages are not cached; the style sheet may be."""
    await log_in_as_new_user(visitor, remember=False)
    for path in ("/index", "/logout", "/account", "/account/password", "/live"):
        page = await visitor.get(path)
        assert page.headers["Cache-Control"] == "no-store"
        assert "Cookie" in page.headers["Vary"]
    assert "no-store" not in (await visitor.get("/static/style.css")).headers.get("Cache-Control", "")


@pytest.mark.parametrize(
    ("path", "method", "status", "words"),
    [
        ("/nowhere", "GET", 404, "Page not found"),
        ("/index", "POST", 405, "Not possible here"),
        ("/login", "TRACE", 405, "Not possible here"),
    ],
)
async def test_error_pages(visitor: Visitor, path: str, method: str, status: int, words: str) -> None:
    """Error pages are our own, with a link to go on."""
    response = await visitor.client.open(path, method=method, headers={"Sec-Fetch-Site": "same-origin"})
    text = await response.get_data(as_text=True)
    assert response.status_code == status
    assert f"<h1>{words}</h1>" in text
    assert "Back to the home page" in text
    if status == 405:
        assert "GET" in response.headers["Allow"]


async def test_error_pages_need_no_session(visitor: Visitor) -> None:
    """A 404 opens no session and takes no flashed message."""
    page = await visitor.get("/nowhere")
    assert page.cookies == {}

    await visitor.get("/index")
    assert (await visitor.get("/nowhere")).cookies == {}
    assert (await visitor.get("/login")).flashes == ["Please log in to access this page."]


async def test_redirects_are_no_errors(app: Application, visitor: Visitor) -> None:
    """Redirects that Quart raises as exceptions are sent as redirects."""

    async def folder() -> str:
        return "here"

    app.add_url_rule("/folder/", view_func=folder)
    page = await visitor.get("/folder")
    assert (page.status, page.location) == (308, "http://localhost/folder/")


async def test_errors_may_have_an_answer(app: Application, visitor: Visitor) -> None:
    """An HTTP exception with a response of its own is answered with that."""

    async def teapot() -> NoReturn:
        raise ImATeapot(response=Response("short and stout", status=418))

    app.add_url_rule("/teapot", view_func=teapot)
    page = await visitor.get("/teapot")
    assert (page.status, page.text) == (418, "short and stout")


async def test_too_much(visitor: Visitor) -> None:
    """A body of more than 64 KiB is refused unread."""
    page = await visitor.post("/login", {"username": "x" * 65536})
    assert page.status == 413
    assert "Too much at once" in page.text


async def test_files_and_json_are_no_form(visitor: Visitor) -> None:
    """Uploads and JSON are not form fields: such a POST has no token."""
    response = await visitor.client.post("/login", json={"username": 5, "password": []})
    assert response.status_code == 403


@pytest.fixture
def production(tmp_path: Path, database_url: str) -> Application:
    """An application in production."""
    return create_app(
        {
            "environment": "production",
            "secret_key": "a key that is long enough",
            "mail_url": "file:",
            "instance_path": tmp_path,
            "database_url": database_url,
        }
    )


async def test_cookies_of_production(production: Application) -> None:
    """All cookies are ``Secure``, ``HttpOnly`` and bound to the host."""
    async with production.test_app() as running:
        client = running.test_client()
        page = await client.get("https://localhost/login", scheme="https")
    (cookie,) = page.headers.getlist("Set-Cookie")
    name, _, attributes = cookie.partition("=")
    assert name == "__Host-session_data"
    for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert attribute in attributes
    assert "Domain" not in attributes
    assert production.config["REMEMBER_COOKIE_NAME"] == "__Host-remember_token"
    assert production.config["REMEMBER_COOKIE_SECURE"]
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"  # says nothing of names below this one


async def test_a_trial_with_tls(settings: Settings) -> None:
    """In development, secure cookies send no HSTS header."""
    app = create_app(settings.model_copy(update={"session_cookie_secure": True}))
    async with app.test_app() as running:
        page = await running.test_client().get("https://localhost/login", scheme="https")
    assert "Strict-Transport-Security" not in page.headers
