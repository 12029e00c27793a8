"""What answers to too many requests say: which limit it is, and one time, the same in each header."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from quart_app.accounts.attempts import AttemptCounter
from quart_app.accounts.passwords import PasswordHasher, current_password_hasher
from quart_app.accounts.throttle import Throttle, attempts_key, current_throttle
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.defences import rate_limit_redis
from quart_app.errors.problems import PROBLEM_TYPES, LimitReached
from quart_app.factory import create_app
from quart_app.live.hub import Hub
from quart_app.live.people import Person
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.program import Answer, Program
from tests.app.visitor import Visitor

ADDRESS, ATTEMPTS, WINDOW = 8, 5, 900
WRONG = "not the password"
DOCS = Path(__file__).parents[2] / "docs" / "json-api.md"
HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After")


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: what is counted there is the same in PostgreSQL, which other tests show."""
    return migrated_sqlite_url


@pytest.fixture(params=["memory", "redis"])
async def app(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Application]:
    """An application with low limits, whose counts of addresses are in memory or in Redis."""
    changes: dict[str, object] = {
        "address_limits": True,
        "logins_per_minute": ADDRESS,
        "registrations_per_hour": 2,
        "login_attempts": ATTEMPTS,
    }
    if request.param == "redis":
        for name in ("_ANSWER_TIMEOUT", "COUNT_TIMEOUT"):
            monkeypatch.setattr(rate_limit_redis, name, 10)
        changes["redis_url"] = SecretStr(request.getfixturevalue("redis_url"))
    app = create_app(settings.model_copy(update=changes))
    async with app.test_app():
        yield app


@pytest.fixture
async def program(app: Application) -> Program:
    """A program whose user is registered."""
    program = Program(app)
    assert (await program.register()).status == 201
    return program


def told(answer: Answer) -> tuple[str, list[str | None]]:
    """The type of a problem, and the headers of limits: the last two have to agree."""
    headers = [answer.headers.get(name) for name in HEADERS]
    assert headers[2] in (None, headers[3])
    assert headers[3] is not None
    assert int(headers[3]) > 0
    return answer.problem, headers


async def test_the_client_sends_too_much(program: Program) -> None:
    """The rate of the address: all headers are about it, and the time is that of the next password."""
    answers = [await program.log_in(username=f"user{number}", password=WRONG) for number in range(ADDRESS + 1)]
    assert [answer.status for answer in answers] == [401] * ADDRESS + [429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers[:-1]] == [str(n) for n in range(ADDRESS)][::-1]
    problem, (limit, remaining, _, wait) = told(answers[-1])
    assert (problem, limit, remaining) == ("address-limited", str(ADDRESS), "0")
    assert 1 <= int(wait or 0) <= 60 / ADDRESS + 1


async def test_too_many_registrations(program: Program) -> None:
    """The other rate of the address has the same type, and headers of its own."""
    await program.register(username="bob", email="bob@example.com")
    problem, (limit, remaining, _, wait) = told(await program.register(username="eve", email="eve@example.com"))
    assert (problem, limit, remaining) == ("address-limited", "2", "0")
    assert 1700 < int(wait or 0) <= 1800


async def test_an_account_is_guessed(program: Program, clock: Clock) -> None:
    """The count of the name: all headers are about it, not about the address, which has requests left."""
    for number in range(ATTEMPTS):
        assert (await program.log_in(password=WRONG)).headers["RateLimit-Remaining"] == str(ADDRESS - 1 - number)
    clock.shift(timedelta(seconds=100))
    expected = ("attempts-used-up", [str(ATTEMPTS), "0", str(WINDOW - 100), str(WINDOW - 100)])
    assert told(await program.log_in()) == expected
    page = await Visitor(program.app).login()
    assert (page.status, [page.headers.get(name) for name in HEADERS]) == (429, expected[1])


async def test_a_login_is_guessed(program: Program, clock: Clock) -> None:
    """The count of a login by which the current password is guessed says the same."""
    assert (await program.log_in()).status == 201
    change = {"current_password": WRONG, "new_password": "another fine password"}
    for _ in range(ATTEMPTS):
        assert (await program.send("PUT", "/me/password", change)).status == 403
    answer = await program.send("PUT", "/me/password", change)
    assert told(answer) == ("attempts-used-up", [str(ATTEMPTS), "0", str(WINDOW), str(WINDOW)])


async def test_too_many_logins_of_one_account(program: Program, app: Application) -> None:
    """Neither rate is the reason, so there is only the time to wait; then the right password is accepted."""
    hasher = PasswordHasher("pbkdf2:sha256:1", threads=1, queue=1)
    counter = AttemptCounter(current_database.of(app))
    throttle = current_throttle.add(app, Throttle(counter, hasher, limit=ATTEMPTS, window=timedelta(seconds=WINDOW)))
    async with app.app_context():
        key = attempts_key("name", "susan")
        async with throttle.attempt(key), throttle.attempt(key):
            assert told(await program.log_in()) == ("logins-at-once", [None, None, None, "60"])
            page = await Visitor(app).login()
            assert (page.status, page.headers["Retry-After"]) == (429, "60")
            assert "Too many passwords are being checked for this account." in page.text
    assert (await program.log_in()).status == 201
    await hasher.close()


async def test_too_many_passwords(program: Program, app: Application) -> None:
    """A full queue is 503 with a type, which promises that nothing was changed."""
    hasher = PasswordHasher("pbkdf2:sha256:1", threads=1, queue=0)
    current_password_hasher.add(app, hasher)
    with hasher.place():
        answer = await program.register(username="bob", email="bob@example.com")
    assert (answer.status, told(answer)) == (503, ("passwords-busy", [None, None, None, "60"]))
    await hasher.close()


async def test_too_many_websockets() -> None:
    """The limit of websockets has a type, and a time to wait."""
    hub = Hub(sockets_per_user=2)
    person = Person(1, "susan")
    hub.add(person, 1)
    hub.add(person, 2)
    with pytest.raises(LimitReached) as refused:
        hub.add(person, 3)
    assert (refused.value.kind.name, refused.value.limit_headers) == ("too-many-sockets", {"Retry-After": "60"})


async def test_other_errors_say_what_is_left(program: Program) -> None:
    """Answers to passwords that are not refused by a limit, errors included, have the rate of the address."""
    answers = [await program.log_in(), await program.log_in(password=WRONG), await program.log_in(password=7)]
    assert [(answer.status, answer.headers["RateLimit-Remaining"]) for answer in answers] == [
        (201, str(ADDRESS - 1)),
        (401, str(ADDRESS - 2)),
        (400, str(ADDRESS - 2)),
    ]
    assert not [answer for answer in answers if "Retry-After" in answer.headers]
    assert "RateLimit-Limit" not in (await program.send("GET", "/me")).headers


async def test_the_time_to_wait_is_a_setting(settings: Settings) -> None:
    """With another waiting time a refusal names that."""
    app = create_app(settings.model_copy(update={"waiting_time": 7.0}))
    async with app.test_app():
        hasher = current_password_hasher.add(app, PasswordHasher("pbkdf2:sha256:1", threads=1, queue=0))
        with hasher.place():
            answer = await Program(app).register()
        assert told(answer) == ("passwords-busy", [None, None, None, "7"])
        await hasher.close()


def test_each_type_is_documented() -> None:
    """docs/json-api.md has a row for each type of 429 and 503, and no other."""
    rows = set(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", DOCS.read_text(), re.MULTILINE))
    assert rows == {(kind.name, str(kind.status)) for kind in PROBLEM_TYPES if kind.status in (429, 503)}
