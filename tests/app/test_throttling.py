"""Throttling of password guesses, and that it does not lock the owner out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from unittest import mock

import pytest
from itsdangerous import URLSafeTimedSerializer
from quart.testing import QuartClient
from sqlalchemy import select

from quart_app.accounts.attempts import AttemptCounter
from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.throttle import attempts_key, current_throttle
from quart_app.accounts.users import add_user, user_by_login
from quart_app.application import Application
from quart_app.clock import now
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.factory import create_app
from quart_app.models.failed_attempts import FailedAttempts
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.logged_in import add_new_user
from tests.app.visitor import PASSWORD, Page, Visitor

LIMIT = 4  # instead of 10, the default: most attempts of these tests use the limit up
WINDOW = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
WRONG = "not the password"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a lower limit."""
    return settings.model_copy(update={"login_attempts": LIMIT})


@pytest.fixture(autouse=True)
async def susan(clock: Clock, app: Application) -> None:
    """Susan, with an account."""
    await add_new_user(app)


async def guess(visitor: Visitor, times: int, name: str = "susan", password: str = WRONG) -> list[int]:
    """The statuses of this many wrong passwords."""
    return [page.status for page in await try_passwords(visitor, times, name, password)]


async def try_passwords(visitor: Visitor, times: int, name: str, password: str) -> list[Page]:
    """The responses to this many attempts with one form."""
    fields = {"csrf_token": (await visitor.get("/login")).token, "username": name, "password": password}
    return [await visitor.post("/login", fields) for _ in range(times)]


@pytest.fixture
async def stranger(app: Application) -> Visitor:
    """A visitor, after all attempts on susan's name were used up."""
    async with app.app_context():
        for _ in range(LIMIT):
            async with current_throttle().attempt(attempts_key("name", "susan")):
                pass
    return Visitor(app)


# --- the limit


@pytest.mark.parametrize("password", [WRONG, PASSWORD])
async def test_too_many_attempts(stranger: Visitor, clock: Clock, password: str) -> None:
    """A throttled attempt is not verified; the form is shown with the time to wait and the entered name."""
    clock.shift(timedelta(minutes=4))

    page = await stranger.login("Susan", password, remember=True)

    assert (page.status, page.headers["Retry-After"]) == (429, "660")
    assert "Too many attempts have failed. Try again in 11 minutes." in page.text
    assert 'value="Susan"' in page.text
    assert re.search(r"<input checked[^>]*remember_me", page.text)
    assert password not in page.text
    assert not await stranger.is_in()


async def test_it_ends(stranger: Visitor, clock: Clock) -> None:
    """At the end of the period, and not a second before, all attempts are available again."""
    clock.shift(WINDOW - SECOND)
    page = await stranger.login()
    assert (page.status, page.headers["Retry-After"]) == (429, "1")
    assert "Try again in a minute." in page.text
    clock.shift(SECOND)
    assert await guess(stranger, LIMIT + 1) == [302] * LIMIT + [429]


async def test_others_are_not_concerned(stranger: Visitor, app: Application) -> None:
    """Other accounts are not throttled."""
    await add_new_user(app, "bob")
    assert (await stranger.login("bob")).location == "/index"


async def test_success_makes_up_for_failures(visitor: Visitor) -> None:
    """The right password resets the count."""
    for _ in range(3):
        assert await guess(visitor, LIMIT - 1) == [302] * (LIMIT - 1)
        assert (await visitor.login()).location == "/index"
        await visitor.logout()
        visitor.forget("device")


async def test_pretending_to_be_another(stranger: Visitor, subtests: pytest.Subtests) -> None:
    """Another address or browser does not change the count."""
    token = (await stranger.get("/login")).token
    fields = {"csrf_token": token, "username": "SUSAN ", "password": PASSWORD}
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "User-Agent", "Remote-Addr"):
        with subtests.test(header=header):
            assert (await stranger.post("/login", fields, {header: "203.0.113.7"})).status == 429


def anonymous(page: Page) -> tuple[int, dict[str, str], str]:
    """A response without token, cookie, entered name and request id, which always differ."""
    own = ("set-cookie", "content-length", "x-request-id")
    headers = {name: value for name, value in page.headers.items() if name.lower() not in own}
    text = re.sub(r'value="(susan|closed|nobody|su.?san)[^"]*"', "", re.sub(r'value="[\w.-]{60,}"', "", page.text))
    return page.status, headers, text


@pytest.mark.parametrize("password", [WRONG, PASSWORD])
async def test_throttling_reveals_no_accounts(app: Application, password: str, subtests: pytest.Subtests) -> None:
    """An unknown name and a closed account are throttled exactly as an existing one."""
    async with app.app_context():
        closed = await add_user(username="closed", email="closed@example.com", password=PASSWORD)
        await deactivate_user(closed.id)
    expected = [anonymous(page) for page in await try_passwords(Visitor(app), LIMIT + 2, "susan", WRONG)]
    for name in ("nobody", "closed", "nobody@example.com", "closed@example.com", "su\0san"):
        with subtests.test(name=name):
            other = Visitor(app)
            assert [anonymous(page) for page in await try_passwords(other, LIMIT + 2, name, password)] == expected
            assert (await other.login(name, password)).status == 429


async def test_throttling_reveals_no_owner_of_an_address(stranger: Visitor) -> None:
    """Attempts on a username are not counted for its address, so the two cannot be matched."""
    assert (await guess(stranger, LIMIT + 1, "susan@example.com")) == [302] * LIMIT + [429]


@pytest.mark.parametrize("name", ["susan", "nobody"])
async def test_many_at_once(app: Application, hashes: list[str], name: str) -> None:
    """Of 30 concurrent guesses only as many as the limit are verified."""
    visitor = Visitor(app)
    form = {"csrf_token": (await visitor.get("/login")).token, "username": name, "password": WRONG}
    hashes.clear()
    pages = await asyncio.gather(*(visitor.post("/login", form) for _ in range(30)))
    assert sorted(page.status for page in pages) == [302] * LIMIT + [429] * (30 - LIMIT)
    assert len(hashes) == LIMIT


@pytest.fixture
async def workers(app: Application, settings: Settings) -> AsyncIterator[list[Application]]:
    """Two workers with the same database."""
    another = create_app(settings)
    async with another.test_app():
        yield [app, another]


async def test_workers_count_together(workers: list[Application]) -> None:
    """Workers share one count, which survives a restart."""
    one, other = (Visitor(worker) for worker in workers)
    statuses = [(await visitor.login(password=WRONG)).status for _ in range(LIMIT // 2) for visitor in (one, other)]
    assert statuses == [302] * LIMIT
    for visitor in (one, other):
        assert (await visitor.login()).status == 429


# --- known browsers


@pytest.fixture
async def laptop(app: Application) -> Visitor:
    """Susan's browser, in which she has logged in and out."""
    visitor = Visitor(app)
    await visitor.login()
    await visitor.logout()
    return visitor


async def test_strangers_keep_nobody_out(laptop: Visitor, stranger: Visitor) -> None:
    """In a known browser susan can log in, whatever is tried elsewhere; this does not reset other counts."""
    assert (await stranger.login()).status == 429
    assert (await laptop.login()).location == "/index"
    assert (await stranger.login()).status == 429


async def test_known_browsers_have_a_limit_too(laptop: Visitor, visitor: Visitor) -> None:
    """A known browser has the same limit, with a count of its own."""
    assert await guess(laptop, LIMIT + 1) == [302] * LIMIT + [429]
    assert (await visitor.login()).location == "/index"


async def test_known_to_one_user(app: Application, stranger: Visitor) -> None:
    """A browser that is known to another user is unknown to susan."""
    await add_new_user(app, "bob")
    await stranger.login("bob")
    await stranger.logout()
    assert (await stranger.login()).status == 429


async def test_unknown_after_the_hash_was_replaced(laptop: Visitor, stranger: Visitor, settings: Settings) -> None:
    """Other browsers are unknown until the next login there; the one whose login has replaced the hash is known."""
    stronger = create_app(settings.model_copy(update={"password_method": "pbkdf2:sha256:2"}))
    other = laptop.copy("device")
    async with stronger.test_app():
        at_stronger = Visitor(stronger)
        at_stronger.client.cookie_jar = laptop.client.cookie_jar
        assert (await at_stronger.login()).location == "/index"
    assert (await other.login()).status == 429
    await laptop.logout()
    assert (await laptop.login()).location == "/index"


async def test_forged_device_cookies(stranger: Visitor, subtests: pytest.Subtests) -> None:
    """A forged device cookie is ignored."""
    for cookie in ("", "x", "[1, 2]", "WzEsImRldmljZSJd.aaaaaa.bbbbbbbb", "\N{LATIN SMALL LETTER E WITH ACUTE}"):
        with subtests.test(cookie=cookie):
            stranger.client.set_cookie("localhost", "device", cookie)
            assert (await stranger.login()).status == 429


SIGNED_NONSENSE = [None, 1, [], [1], ["1", "device"], [1, 2], [1, "device", 3], {"1": "device"}]


async def device_salt(app: Application) -> str:
    """What Susan's device cookies are signed with, besides the key."""
    async with app.app_context():
        user = await user_by_login("susan")
    assert user is not None
    return f"quart_app.accounts.devices:{user.password_hash}"


async def test_signed_nonsense(stranger: Visitor, app: Application, subtests: pytest.Subtests) -> None:
    """What another version of the application may have signed is not an error, and what this one signs is accepted."""
    serializer = URLSafeTimedSerializer(app.secret_key or "", salt=await device_salt(app))
    stranger.client.set_cookie("localhost", "device", str(serializer.dumps([1, "device"])))
    assert (await stranger.login(password=WRONG)).status == 302
    for data in SIGNED_NONSENSE:
        with subtests.test(data=data):
            stranger.client.set_cookie("localhost", "device", str(serializer.dumps(data)))
            assert (await stranger.login()).status == 429


async def test_signed_for_another_purpose(stranger: Visitor, app: Application) -> None:
    """A value that we signed for another purpose is not a device cookie."""
    cookie = URLSafeTimedSerializer(app.secret_key or "", salt="something else").dumps([1, "device"])
    stranger.client.set_cookie("localhost", "device", cookie)
    assert (await stranger.login()).status == 429


@pytest.mark.parametrize(("age", "status"), [(timedelta(days=365), 302), (timedelta(days=365) + SECOND, 429)])
async def test_known_for_a_year(laptop: Visitor, app: Application, clock: Clock, age: timedelta, status: int) -> None:
    """After a year a device cookie is ignored."""
    old = laptop.copy("device")
    clock.shift(age)
    await guess(Visitor(app), LIMIT)
    assert (await old.login()).status == status


async def test_it_is_known_under_old_keys(laptop: Visitor, app: Application, stranger: Visitor) -> None:
    """A device cookie that was signed with a fallback key is accepted."""
    app.config["SECRET_KEY_FALLBACKS"] = [app.secret_key]
    app.secret_key = "a new key that is long enough"
    await guess(Visitor(app), LIMIT)
    assert (await Visitor(app).login()).status == 429
    assert (await laptop.login()).location == "/index"


async def test_the_cookie_says_nothing(visitor: Visitor) -> None:
    """It lasts for a year, is out of reach of scripts and other sites, holds no name, and is another at each login."""
    cookie = (await visitor.login()).cookies["device"]
    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == (str(365 * 86400), "/", "Lax")
    assert cookie["httponly"]
    assert not cookie["domain"]
    serializer = URLSafeTimedSerializer("any")
    _, (user_id, device) = serializer.loads_unsafe(cookie.value)
    assert isinstance(user_id, int)
    assert re.fullmatch(r"[\w-]{22}", device)
    await visitor.logout()
    again = (await visitor.login()).cookies["device"]
    _, (user_id_again, device_again) = serializer.loads_unsafe(again.value)
    assert user_id_again == user_id
    assert re.fullmatch(r"[\w-]{22}", device_again)
    assert device_again != device


async def test_the_cookie_of_production(settings: Settings, clock: Clock) -> None:
    """In production the cookie is ``Secure`` and bound to the host."""
    app = create_app(settings.model_copy(update={"session_cookie_secure": True}))
    async with app.test_app():
        page = await Visitor(app).login()
    (header,) = [header for header in page.headers.getlist("Set-Cookie") if "device" in header]
    assert re.fullmatch(
        r"__Host-device=[\w.-]+; Expires=[^;]+; Max-Age=31536000; Secure; HttpOnly; Path=/; SameSite=Lax", header
    )


async def test_no_device_for_a_failed_login(visitor: Visitor) -> None:
    """A failed login sets no device cookie."""
    assert "device" not in (await visitor.login(password=WRONG)).cookies


# --- the current password

CHANGES = {
    "/reauthenticate": {},
    "/account/password": {"password": "another fine password", "password2": "another fine password"},
    "/account/email": {"email": "susan@elsewhere.example"},
    "/account/delete": {},
}


@pytest.mark.parametrize("path", CHANGES)
async def test_the_current_password(app: Application, clock: Clock, path: str) -> None:
    """Confirmations of a login have their own limit, which does not throttle the owner elsewhere."""
    thief, owner = Visitor(app), Visitor(app)
    for visitor in (thief, owner):
        await visitor.login()
    token = (await thief.get("/account/email")).token
    for attempt in range(LIMIT + 1):
        page = await thief.post(path, {"csrf_token": token, "current_password": WRONG, **CHANGES[path]})
        assert page.status == (200 if attempt < LIMIT else 429)
    page = await thief.post(path, {"csrf_token": token, "current_password": PASSWORD, **CHANGES[path]})
    assert (page.status, page.headers["Retry-After"]) == (429, "900")
    assert "Try again in 15 minutes." in page.text
    token = (await owner.get("/account/email")).token
    page = await owner.post(path, {"csrf_token": token, "current_password": PASSWORD, **CHANGES[path]})
    assert page.status == 302
    assert await owner.is_in() or path == "/account/delete"


# --- the API


async def test_programs_are_counted_too(stranger: Visitor, app: Application) -> None:
    """Pages, API and tokens share one count; the response says when to try again."""
    for kind in ("session", "bearer"):
        fields = {"username": "susan", "password": PASSWORD, "kind": kind}
        answer = await QuartClient(app).post("/api/v1/sessions", json=fields)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
        problem = await answer.get_json()
        assert problem["detail"] == "Too many attempts have failed. Try again in 15 minutes."


async def test_the_current_password_of_programs(visitor: Visitor) -> None:
    """The API limits confirmations as the pages do."""
    await visitor.login()
    fields = {"current_password": WRONG, "new_password": "another fine password"}
    for status in [403] * LIMIT + [429]:
        assert (await visitor.client.put("/api/v1/me/password", json=fields)).status_code == status
    token = (await visitor.get("/account/email")).token
    page = await visitor.post("/account/delete", {"csrf_token": token, "current_password": PASSWORD})
    assert page.status == 429


# --- the table


async def attempts(app: Application) -> list[FailedAttempts]:
    """The rows of failed attempts."""
    async with app.app_context(), current_database.of(app).session() as session:
        return list((await session.execute(select(FailedAttempts))).scalars())


async def test_no_names_in_the_table(stranger: Visitor, app: Application) -> None:
    """The table contains no entered name, and no hash that could be guessed."""
    await stranger.login("my password, by mistake", "susan")
    rows = await attempts(app)
    assert sorted(row.count for row in rows) == [1, LIMIT]
    assert all(re.fullmatch(r"[0-9a-f]{64}", row.key) for row in rows)
    app.secret_key = "another key, long enough"
    assert await guess(Visitor(app), 1) == [302]


async def test_old_attempts_are_cleared_away(app: Application, clock: Clock) -> None:
    """Expired counts are removed in the background at a later failed login."""
    await guess(Visitor(app), 1, "first")
    clock.shift(WINDOW - SECOND)
    await guess(Visitor(app), 1, "second")
    assert len(await attempts(app)) == 2
    clock.shift(timedelta(minutes=1))
    await guess(Visitor(app), 1, "third")
    await asyncio.gather(*app.background_tasks)
    assert len(await attempts(app)) == 2


async def test_clearing_away_may_fail(app: Application, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody notices, but the log does."""
    with mock.patch("sqlalchemy.Connection.execute", side_effect=OSError("disk full")):
        async with app.app_context():
            await AttemptCounter(current_database()).clear(now())
            with pytest.raises(DatabaseUnavailable):
                await AttemptCounter(current_database()).count("key", now=now(), window=WINDOW)
    assert "Could not delete expired counts of failed attempts: disk full" in caplog.text


async def test_each_attempt_has_a_number(app: Application, clock: Clock) -> None:
    """64 concurrent attempts get 64 numbers, which restart after the period."""
    async with app.app_context():
        made = await asyncio.gather(
            *(AttemptCounter(current_database()).count("key", now=now(), window=WINDOW) for _ in range(64))
        )
        assert sorted(attempt.number for attempt in made) == list(range(1, 65))
        assert {attempt.ends_at for attempt in made} == {now() + WINDOW}
        clock.shift(WINDOW)
        assert await AttemptCounter(current_database()).count("key", now=now(), window=WINDOW) == (1, now() + WINDOW)
    assert len(await attempts(app)) == 1
