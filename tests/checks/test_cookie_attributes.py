"""The attributes of every ``Set-Cookie`` header in production."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from pydantic import SecretStr
from quart.testing import QuartClient

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.routes import addresses
from tests.checks.tally import Tally

LONGEST = 4096  # bytes of name and value that browsers keep
OLDEST = 400 * 86400  # seconds
NEW = "four words of another kind"


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Application]:
    """An application in production."""
    production = {"environment": "production", "secret_key": SecretStr("the key of this test, long enough")}
    app = create_app(settings.model_copy(update=production))
    async with app.test_app():
        yield app


@pytest.fixture
def set_cookies(app: Application) -> list[str]:
    """Every ``Set-Cookie`` header that the application sends."""
    seen: list[str] = []
    inner: Any = app.asgi_app

    async def listen(scope: Any, receive: Any, send: Any) -> None:
        async def send_on(message: Any) -> None:
            headers = message.get("headers", ())
            seen.extend(value.decode() for name, value in headers if name.lower() == b"set-cookie")
            await send(message)

        await inner(scope, receive, send_on)

    served: Any = listen
    app.asgi_app = served  # type: ignore[method-assign] # Quart's own place for middleware
    return seen


@pytest.mark.check(22)
async def test_attributes(app: Application, set_cookies: list[str], tally: Tally) -> None:
    """Prefix, attributes and size are right in every response of a long visit, and when cookies are deleted."""
    long = f"/login?next=/{'a' * 2000}"
    for _ in range(2):
        visitor = Visitor(app)
        await visitor.register("s" * 64, email="susan@example.com")
        await visitor.login("s" * 64, "wrong", path=long)
        for path in addresses(app) * 5:
            await visitor.get(path)
        await visitor.login("s" * 64, path=long, remember=True)
        visitor.forget("__Host-session")
        await visitor.submit("/reauthenticate", current_password=PASSWORD)
        for path in addresses(app):
            await visitor.get(path)
        await visitor.submit("/account/password", current_password=PASSWORD, password=NEW, password2=NEW)
        await visitor.submit("/account/email", current_password=NEW, email="s@example.com")
        await visitor.logout()
        program = QuartClient(app)
        for kind in ("remembered", "session"):
            credentials = {"username": "s" * 64, "password": NEW, "kind": kind}
            assert (await program.post("/api/v1/sessions", json=credentials)).status_code == 201
        assert (await program.delete("/api/v1/sessions/current")).status_code == 204
        await visitor.login("s" * 64, NEW, remember=True)
        await visitor.submit("/account/delete", current_password=NEW)

    seen: dict[str, set[tuple[tuple[str, object], ...]]] = {}
    for header in set_cookies:
        ((name, morsel),) = SimpleCookie(header).items()
        tally.count(is_right(morsel), header)
        lasting = ("expires", "max-age")
        seen.setdefault(name, set()).add(tuple((key, value) for key, value in morsel.items() if key not in lasting))
    for name, attributes in seen.items():
        tally.count(len(attributes) == 1, f"{name} is set and deleted with {attributes}")
    ours = {"__Host-session", "__Host-session_data", "__Host-remember_token", "__Host-device"}
    tally.count(set(seen) == ours, set(seen))


def is_right(morsel: Morsel[str]) -> bool:
    """Whether a browser keeps the cookie for this host only, over https, hidden from scripts and other sites."""
    return bool(
        morsel.key.startswith("__Host-")
        and morsel["secure"]
        and morsel["httponly"]
        and morsel["samesite"] in ("Lax", "Strict")
        and morsel["path"] == "/"
        and not morsel["domain"]
        and len(morsel.key) + len(morsel.coded_value) <= LONGEST
        and int(morsel["max-age"] or 0) <= OLDEST
    )
