"""Accounts below the pages: names, passwords and races."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from unittest import mock

import pytest
from werkzeug import security

from quart_app.accounts.passwords import PasswordHasher
from quart_app.accounts.users import UserExists, add_user, user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.user import email_key, username_key
from quart_app.settings import Settings
from tests.app.logged_in import log_in_as_new_user
from tests.app.visitor import PASSWORD, Visitor


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("susan", "SUSAN"),
        ("Stra\N{LATIN SMALL LETTER SHARP S}e", "STRASSE"),
        ("jose\N{COMBINING ACUTE ACCENT}", "JOS\N{LATIN CAPITAL LETTER E WITH ACUTE}"),
        ("\N{FULLWIDTH LATIN SMALL LETTER A}", "A"),
        (" susan ", "susan"),
    ],
)
def test_same_names(one: str, other: str) -> None:
    """Usernames that look the same or differ only by case are the same name."""
    assert username_key(one) == username_key(other)
    assert email_key(one) == email_key(other)


async def test_one_name_for_many(app: Application) -> None:
    """Of 50 registrations of one name at the same time one succeeds, and 49 report that it is taken."""

    async def register(number: int) -> str:
        async with app.app_context():
            try:
                await add_user(
                    username="susan" if number % 2 else "SUSAN",
                    email=f"susan{number}@example.com",
                    password=PASSWORD,
                )
            except UserExists as error:
                return ",".join(error.fields)
            return "created"

    results = await asyncio.gather(*map(register, range(50)))
    assert sorted(results) == ["created"] + ["username"] * 49


async def test_a_race_is_an_error_of_the_form(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is taken between the check and the INSERT is reported like any other taken name."""
    await visitor.register()
    from quart_app.pages import login_forms as forms

    monkeypatch.setattr(forms, "taken_fields", mock.AsyncMock(return_value=frozenset()))
    page = await visitor.register()
    assert page.status == 200
    assert page.errors == ["Please use a different username.", "Please use a different email address."]


async def deactivate(app: Application, username: str) -> None:
    """Close the account of this user."""
    async with app.app_context():
        user = await user_by_login(username)
        assert user is not None
        user.is_active = False
        async with current_database.of(app).session() as session:
            await session.merge(user)
            await session.commit()


async def test_deactivated_users(visitor: Visitor, app: Application) -> None:
    """A closed account is logged out at once and cannot log in."""
    await log_in_as_new_user(visitor, remember=True)
    await deactivate(app, "susan")
    assert (await visitor.get("/index")).status == 302
    assert (await visitor.login()).location == "/login"
    assert (await visitor.get("/login")).flashes[-1] == "Invalid username or password"


async def test_a_planted_session_is_emptied(visitor: Visitor) -> None:
    """A session that another person prepared is emptied by login and by logout."""
    await visitor.register()
    async with visitor.client.session_transaction() as session:
        session["cart"] = "mallory's"
    await visitor.login()
    async with visitor.client.session_transaction() as session:
        assert "cart" not in session
        session["cart"] = "susan's"
    await visitor.logout()
    async with visitor.client.session_transaction() as session:
        assert "cart" not in session
        assert "_user_id" not in session


@pytest.fixture
def hashes() -> Iterator[list[str]]:
    """The method of every hash that is computed."""
    seen: list[str] = []
    original = security._hash_internal

    def count(method: str, salt: str, password: str) -> tuple[str, str]:
        result = original(method, salt, password)
        seen.append(method)
        return result

    with mock.patch.object(security, "_hash_internal", count):
        yield seen


@pytest.mark.parametrize(
    ("stored", "right"),
    [
        (None, False),
        ("", False),
        ("md5$s$00", False),
        ("plain$$secret", False),
        ("scrypt:1:1:1$salt$00", False),
        ("scrypt:a:b:c$salt$00", False),
        ("pbkdf2:sha256:1$salt$\N{SNOWMAN}", False),
        ("right", True),
    ],
)
async def test_one_hash_whatever_is_stored(hashes: list[str], stored: str | None, right: bool) -> None:
    """With no user, no hash, a damaged hash or the right one, exactly one hash is computed."""
    hasher = PasswordHasher("pbkdf2:sha256:1", threads=1, queue=0)
    if stored == "right":
        stored = await hasher.hash(PASSWORD)
        hashes.clear()
    assert await hasher.verify(stored, PASSWORD) is right
    assert hashes == ["pbkdf2:sha256:1"]
    await hasher.close()


async def test_one_hash_for_a_login(
    visitor: Visitor, app: Application, hashes: list[str], subtests: pytest.Subtests
) -> None:
    """A refused login computes as many hashes as an accepted one, so its time does not reveal accounts."""
    await visitor.register()
    await visitor.register("inactive", email="inactive@example.com")
    await deactivate(app, "inactive")
    for username in ("susan", "nobody", "inactive", "su\0san"):
        with subtests.test(username=username):
            hashes.clear()
            assert (await visitor.login(username, "not the password")).location == "/login"
            assert len(hashes) == 1


@pytest.mark.tools
async def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    """While full-strength passwords are hashed, more than there are threads, the event loop is not blocked."""
    hasher = PasswordHasher(Settings.model_fields["password_method"].default, threads=2, queue=2)
    hashing = [asyncio.ensure_future(hasher.hash(PASSWORD)) for _ in range(4)]
    turns = 0
    while not all(task.done() for task in hashing):
        await asyncio.sleep(0.001)
        turns += 1
    assert (await hashing[0]).startswith("scrypt:32768:8:3$")
    assert turns > 20
    await hasher.close()
