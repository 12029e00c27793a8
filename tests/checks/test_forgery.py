"""Cross-site request forgery."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from quart_app.application import Application
from quart_app.database import Base, current_database
from quart_app.faces import is_api_path
from quart_app.settings import Settings
from tests.app.program import CREDENTIALS, SUSAN
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.routes import changes
from tests.checks.tally import Tally
from tests.fixtures import OTHER_SITES

NEW = "four words of another kind"
FIELDS = {
    "username": "mallory",
    "email": "mallory@example.com",
    "password": NEW,
    "password2": NEW,
    "current_password": PASSWORD,
}
BODIES: dict[str, dict[str, str]] = {
    "POST /api/v1/users": {**SUSAN, "username": "mallory", "email": "mallory@example.com"},
    "POST /api/v1/sessions": CREDENTIALS,
    "PUT /api/v1/me/password": {"current_password": PASSWORD, "new_password": NEW},
    "PUT /api/v1/me/email": {"current_password": PASSWORD, "email": "mallory@example.com"},
    "DELETE /api/v1/me": {"current_password": PASSWORD},
    "POST /api/v1/password-resets": {"email": "susan@example.com"},
    "POST /api/v1/passwords": {"token": "none", "password": NEW},
    "POST /api/v1/email-confirmations": {"token": "none"},
}
FOR_STRANGERS = {"/login", "/register", "/forgotten", "/password/new", "/account/email/confirm"}
API_FOR_STRANGERS = {f"/api/v1/{name}" for name in ("users", "password-resets", "passwords", "email-confirmations")}
ALLOWED = "https://app.test"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The API is open to one other origin, which weakens nothing."""
    return settings.model_copy(update={"api_allowed_origins": (ALLOWED,)})


async def everything(app: Application) -> list[tuple[object, ...]]:
    """All rows of the database."""
    async with app.app_context(), current_database.of(app).session() as session:
        return [tuple(row) for table in Base.metadata.sorted_tables for row in await session.execute(select(table))]


@pytest.mark.check(7)
async def test_pages_need_the_token_of_their_session(app: Application, tally: Tally) -> None:
    """A form without the token of its session, or from another site, is 403 and changes nothing."""
    user, mallory, stranger = Visitor(app), Visitor(app), Visitor(app)
    await user.register()
    before_login = (await user.get("/login")).token
    await user.login()
    others = (await mallory.get("/login")).token
    strangers = (await stranger.get("/login")).token
    users = (await user.get("/account")).token

    for method, path in changes(app):
        if is_api_path(path):
            continue
        visitor, good = (stranger, strangers) if path in FOR_STRANGERS else (user, users)
        fields = {**FIELDS, **(CREDENTIALS if path == "/login" else {})}
        for bad in (None, "", "wrong", f"{good}x", others, before_login):
            before = await everything(app)
            page = await visitor.post(path, fields if bad is None else {**fields, "csrf_token": bad})
            unchanged = before == await everything(app)
            tally.count(page.status == 403 and unchanged, f"{method} {path} with {bad!r}: {page.status}")
        for headers in OTHER_SITES:
            before = await everything(app)
            page = await visitor.post(path, {**fields, "csrf_token": good}, headers)
            unchanged = before == await everything(app)
            tally.count(page.status == 403 and unchanged, f"{method} {path} with {headers}: {page.status}")
    assert await user.is_in()


@pytest.mark.check(7)
async def test_the_api_is_not_for_other_sites(app: Application, tally: Tally) -> None:
    """A cross-site request or form to the API is 403 or 415 and changes nothing."""
    user = Visitor(app)
    await user.register()
    await user.login()
    forms = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
    for method, path in changes(app):
        if not is_api_path(path):
            continue
        body = BODIES.get(f"{method} {path}")
        for headers in OTHER_SITES:
            before = await everything(app)
            answer = await user.client.open(path, method=method, json=body, headers=headers)
            unchanged = before == await everything(app)
            tally.count(answer.status_code == 403 and unchanged, f"{method} {path} with {headers}")
        for kind in forms if body else ():
            before = await everything(app)
            answer = await user.client.open(path, method=method, data=b'{"a": 1}', headers={"Content-Type": kind})
            unchanged = before == await everything(app)
            tally.count(answer.status_code == 415 and unchanged, f"{method} {path} with {kind}")
    assert await user.is_in()


@pytest.mark.check(7)
async def test_allowed_origins_have_no_cookies(app: Application, tally: Tally) -> None:
    """In a request from an allowed origin a user's cookies are worth nothing, and no answer sets or deletes any."""
    user = Visitor(app)
    await user.register()
    await user.login(remember=True)
    for token in (None, "garbage"):
        for method, path in changes(app):
            if not is_api_path(path):
                continue
            body = BODIES.get(f"{method} {path}")
            headers = {"Origin": ALLOWED} | ({} if token is None else {"Authorization": f"Bearer {token}"})
            before = await everything(app)
            answer = await user.client.open(path, method=method, json=body, headers=headers)
            needs_no_login = path in API_FOR_STRANGERS  # so there is nothing to forge
            refused = answer.status_code in (401, 403) and before == await everything(app)
            tally.count(refused or needs_no_login, f"{method} {path} with {headers}: {answer.status_code}")
            tally.count("Set-Cookie" not in answer.headers, f"{method} {path} with {headers} sets a cookie")
    assert await user.is_in()
