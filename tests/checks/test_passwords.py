"""Which passwords are accepted, and how they are stored."""

from __future__ import annotations

import re
from math import ceil

import pytest
from sqlalchemy import text

from quart_app.accounts.common_passwords import common_passwords
from quart_app.accounts.password_rules import PASSWORD_MIN, check_new_password
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally

REFUSED = [
    "",
    "a",
    "fourteen chars",
    "\u00e9" * 14,
    "e\u0301" * 14,
    "\U0001f600" * 14,
    "x y" * 86,
    "x" * 10_000,
    "passwordpassword",
    "1234567890123456",
    "qwertyuiopasdfghjkl",
    "susansusansusan",
    "microblogmicroblog",
    "susan@example.com",
    "SusanSusanSusan 2024",
]
ACCEPTED = [
    "fifteen letters",
    "zqxjkvbpwmfhgtd",
    "ZQXJKVBPWMFHGTD",
    "730516482957301",
    "\u00e9" * 14 + "a",
    "\U0001f600\U0001f4a9" * 8,
    "               x",
    "a\x00b" * 6,
    "kx" + "yz w" * 63 + "ab",
]
STRONGEST = [
    (2**17, 8, 1),
    (2**16, 8, 2),
    (2**15, 8, 3),
]  # OWASP, Password Storage, each as good as argon2id 19 MiB/2/1


@pytest.mark.check(25)
async def test_which_passwords_there_may_be(app: Application, tally: Tally) -> None:
    """Length decides, and common passwords are refused; no composition is required."""
    for password in REFUSED:
        answer = await Program(app).register(password=password)
        tally.count(answer.status == 400, f"{password[:30]!r}: {answer.status}")
        page = await Visitor(app).register(password=password, password2=password)
        tally.count(page.status == 200 and bool(page.errors), f"{password[:30]!r} on the page: {page.status}")
    for number, password in enumerate(ACCEPTED):
        fields = {"username": f"user{number}", "email": f"u{number}@example.com", "password": password}
        answer = await Program(app).register(**fields)
        tally.count(answer.status == 201, f"{password[:30]!r}: {answer.status} {answer.text}")
        for other in {password[:-1], password + " ", password.swapcase(), password[:72]} - {password}:
            answer = await Program(app).log_in(username=f"user{number}", password=other)
            tally.count(answer.status in (400, 401), f"{other[:30]!r} for {password[:30]!r}: {answer.status}")
        answer = await Program(app).log_in(username=f"user{number}", password=password)
        tally.count(answer.status == 201, f"{password[:30]!r} logs in: {answer.status}")


@pytest.mark.check(25)
def test_common_passwords(tally: Tally) -> None:
    """Every common password is refused, also if it is repeated to be long."""
    for password in common_passwords():
        long = password * ceil(PASSWORD_MIN / len(password))
        try:
            check_new_password(long, username="henry", email="h@example.org")
        except ValueError:
            refused = True
        else:
            refused = False
        # A repeated character is judged by its length only, and punctuation makes no words.
        tally.count(refused or len(set(password)) == 1 or not password.isalnum(), password)


@pytest.mark.check(26)
def test_the_hash_is_slow_enough(tally: Tally) -> None:
    """By default passwords are hashed at OWASP's level."""
    method = Settings(environment="development").password_method
    found = re.fullmatch(r"scrypt:(\d+):(\d+):(\d+)", method)
    assert found
    n, r, p = map(int, found.groups())
    tally.count(any(n >= least[0] and r >= least[1] and p >= least[2] for least in STRONGEST), method)


@pytest.mark.check(26)
async def test_weak_hashes_are_replaced(settings: Settings, tally: Tally) -> None:
    """A weak hash is replaced at a login with the right password, and only then."""
    strong = create_app(settings.model_copy(update={"password_method": "pbkdf2:sha256:2"}))
    weak = create_app(settings)
    async with weak.test_app(), strong.test_app():
        visitor = Visitor(weak)
        await visitor.register()
        before = await stored(weak)
        tally.count(before.startswith("pbkdf2:sha256:1$"), before)
        await Visitor(strong).login(password="not the password")
        tally.count(await stored(strong) == before, "a wrong password changed the hash")
        await visitor.login()
        tally.count(await stored(strong) == before, "a login with the same parameters changed the hash")
        await Visitor(strong).login()
        after = await stored(strong)
        tally.count(after.startswith("pbkdf2:sha256:2$"), after)
        tally.count(PASSWORD not in after and await Visitor(strong).login() is not None, "the password")
        tally.count(await visitor.is_in(), "the login of before")


async def stored(app: Application) -> str:
    """The hash in the database."""
    async with app.app_context(), current_database.of(app).session() as session:
        return str(await session.scalar(text("SELECT password_hash FROM users")))
