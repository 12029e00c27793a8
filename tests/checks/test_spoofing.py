"""Forged headers about the client and the host."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from quart.testing import QuartClient
from sqlalchemy import select

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.settings import Settings
from tests.app.logged_in import log_in_as_new_user
from tests.app.tab import Refused, open_tab
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.routes import addresses
from tests.checks.tally import Tally

VICTIM = "198.51.100.9"
TRICKS: list[dict[str, str]] = [
    {"X-Forwarded-For": VICTIM},
    {"Forwarded": f"for={VICTIM};host=evil.test;proto=https"},
    {"X-Real-IP": VICTIM},
    {"Remote-Addr": VICTIM, "Client-IP": VICTIM, "True-Client-IP": VICTIM},
    {"X-Forwarded-Host": "evil.test", "X-Forwarded-Server": "evil.test", "X-Original-URL": "//evil.test"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "//evil.test", "X-Forwarded-Port": "444"},
]
HOSTS = ("evil.test", "localhost.evil.test", "evil.test:80", "[::1", "a b", "localhost@evil.test", "")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A site with a name and no trusted proxy."""
    return settings.model_copy(update={"allowed_hosts": ("localhost",)})


async def identifier(visitor: Visitor, headers: Mapping[str, str]) -> object:
    """The client identifier of a login with these headers."""
    token = (await visitor.get("/login", headers)).token
    await visitor.post("/login", {"csrf_token": token, "username": "susan", "password": PASSWORD}, headers)
    async with visitor.client.session_transaction() as session:
        return session["_id"]


@pytest.mark.check(28)
async def test_what_a_client_says_of_itself(app: Application, tally: Tally) -> None:
    """Forged headers change neither the identifier, nor the listed address, nor generated URLs."""
    await Visitor(app).register()
    honest = await identifier(Visitor(app), {})
    for trick in TRICKS:
        visitor = Visitor(app)
        tally.count(await identifier(visitor, trick) == honest, f"session identifier with {trick}")
        for path in addresses(app):
            for who in (visitor, Visitor(app)):
                page = await who.get(path, trick)
                told = page.text + str(page.headers)
                tally.count("evil.test" not in told and VICTIM not in told, f"{path} with {trick}")
    async with app.app_context(), current_database.of(app).session() as session:
        for address in (await session.execute(select(LoginSession.address))).scalars():
            tally.count(VICTIM not in address, address)


@pytest.mark.quick
@pytest.mark.check(28)
async def test_stolen_cookies_and_the_address_of_their_owner(app: Application, tally: Tally) -> None:
    """A stolen session is not fresh, whatever address the thief claims."""
    owner = Visitor(app, "Owner")
    await log_in_as_new_user(owner, remember=False)
    assert (await owner.get("/account/password")).status == 200
    for trick in TRICKS:
        thief = owner.copy()
        thief.agent = "Thief"
        page = await thief.get("/account/password", trick)
        tally.count(page.status == 302 and "/account/password" not in page.location.partition("?")[0], trick)


@pytest.mark.quick
@pytest.mark.check(28)
async def test_throttled_in_any_disguise(app: Application, settings: Settings, tally: Tally) -> None:
    """Forged headers do not reset the throttling."""
    await Visitor(app).register()
    for _ in range(settings.login_attempts):
        await Visitor(app).login(password="not the password")
    for trick in TRICKS:
        visitor = Visitor(app)
        fields = {"csrf_token": (await visitor.get("/login")).token, "username": "susan", "password": PASSWORD}
        tally.count((await visitor.post("/login", fields, trick)).status == 429, trick)


@pytest.mark.quick
@pytest.mark.check(28)
async def test_other_names_of_the_site(app: Application, visitor: Visitor, tally: Tally) -> None:
    """An unknown host name gets 400, for pages, API and websockets."""
    await log_in_as_new_user(visitor, remember=False)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookie_jar or ())
    client = QuartClient(app, use_cookies=False)
    for name in HOSTS:
        for path in addresses(app):
            answer = await client.get(path, headers={"Host": name, "Cookie": cookies})
            fine = answer.status_code == 400 and "Set-Cookie" not in answer.headers
            tally.count(fine, f"{path} at {name!r}: {answer.status_code}")
        try:
            async with open_tab(visitor, host=name, origin=f"http://{name}") as tab:
                await tab.news()
            status = 101
        except Refused as refused:
            status = refused.status
        tally.count(status == 400, f"websocket at {name!r}: {status}")
    tally.count((await visitor.get("/index")).status == 200, "our own name")
