"""Sessions that do not fit into a cookie."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from secrets import token_urlsafe

import pytest
from itsdangerous import URLSafeTimedSerializer
from quart import flash, session

from quart_app.accounts.login import start_login
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from tests.app.visitor import PASSWORD, Visitor

MESSAGES = 150  # twice as many as fit
LONGEST = 4096  # bytes that browsers keep, attributes included (RFC 6265, section 6.1)


async def many_messages() -> None:
    """Flash many messages, as for a user who opens no page that shows them."""
    for number in range(MESSAGES):
        await flash(f"Message {number}: {token_urlsafe(20)}")


async def a_long_message() -> None:
    """Flash one message that alone is too long."""
    await flash(token_urlsafe(3500))


async def a_long_way() -> None:
    """Store a long page to return to, as compat's ``USE_SESSION_FOR_NEXT`` does."""
    session["next"] = "/" + token_urlsafe(3500)


async def something_else() -> None:
    """Store a long value under another key."""
    session["x"] = token_urlsafe(3500)


async def a_login_with_it() -> None:
    """Log in between storing two long values."""
    user = await user_by_login("susan")
    assert user is not None
    session["x"] = token_urlsafe(3500)
    await start_login(user, remember=True)
    session["y"] = token_urlsafe(3500)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fill", [many_messages, a_long_message, a_long_way, something_else, a_login_with_it])
async def test_an_oversized_session_is_shortened(
    session_user: Visitor, app: Application, caplog: pytest.LogCaptureFixture, fill: Callable[[], Awaitable[None]]
) -> None:
    """No cookie exceeds the limit; login and open forms stay valid; the log names what was removed."""

    @app.get("/fill")
    async def view() -> str:
        await fill()
        return ""

    token = (await session_user.get("/account/password")).token
    is_login_written = fill is a_login_with_it
    page = await session_user.get("/fill")
    for header in page.headers.getlist("Set-Cookie"):
        assert len(header) <= LONGEST
    assert [record.levelno for record in caplog.records if record.levelno > logging.INFO] == [logging.ERROR]
    assert "Left out" in caplog.text
    assert ("session" in page.cookies) is is_login_written
    assert await session_user.is_in()
    if not is_login_written:  # which has a token of its own
        assert (
            await session_user.post("/account/password", {"csrf_token": token, "current_password": PASSWORD})
        ).status == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_oldest_message_goes_first(session_user: Visitor, app: Application) -> None:
    """The oldest messages are removed, and the newest are shown in their order."""

    @app.get("/fill")
    async def view() -> str:
        await many_messages()
        return ""

    await session_user.get("/fill")
    shown = [
        int(text.partition(":")[0].removeprefix("Message ")) for text in (await session_user.get("/index")).flashes
    ]
    assert len(shown) > 10
    assert shown == list(range(MESSAGES - len(shown), MESSAGES))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_session_that_fits_is_unchanged(
    session_user: Visitor, app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    """A session that fits is not changed, and nothing is logged."""

    @app.get("/fill")
    async def view() -> str:
        session["x"] = "x" * 100_000  # which is short when it is compressed
        session["y"] = token_urlsafe(1500)
        await flash("Hello!")
        return ""

    @app.get("/look")
    async def look() -> list[str]:
        return list(session)

    await session_user.get("/fill")
    assert (await session_user.get("/index")).flashes == ["Hello!"]
    assert {"x", "y"} <= set(json.loads((await session_user.get("/look")).text))
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_session_is_serialised_once(
    session_user: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that fits is serialised once for a response, and an unchanged one not at all."""

    @app.get("/fill")
    async def view() -> str:
        session["x"] = "y"
        return ""

    serialised: list[object] = []
    dumps = URLSafeTimedSerializer.dumps

    def count(self: URLSafeTimedSerializer, obj: object, salt: str | bytes | None = None) -> str | bytes:
        serialised.append(obj)
        return dumps(self, obj, salt)

    monkeypatch.setattr(URLSafeTimedSerializer, "dumps", count)
    assert set((await session_user.get("/fill")).cookies) == {"session_data"}
    assert [each for each in serialised if isinstance(each, dict) and each.get("x") == "y"] == serialised
    assert len(serialised) == 1
    serialised.clear()
    assert (await session_user.get("/look")).cookies == {}
    assert serialised == []
