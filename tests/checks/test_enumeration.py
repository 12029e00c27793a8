"""Login attempts must not reveal who has an account."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from time import perf_counter
from unittest import mock

import pytest
from sqlalchemy import text
from werkzeug import security

from quart_app.accounts.attempts import AttemptCounter
from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.passwords import PasswordHasher, current_password_hasher
from quart_app.accounts.throttle import Throttle, current_throttle
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.operation.metrics import current_metrics
from quart_app.settings import Settings
from tests.app.visitor import Page, Visitor
from tests.checks.tally import Tally

NAMES = ("susan", "nobody", "closed", "damaged", "empty", "susan@example.com", "nobody@example.com", "su\0san")
DAMAGED = {"damaged": "'md5$s$00'", "empty": "NULL"}
WRONG = "not the password at all"


@pytest.fixture
async def accounts(app: Application) -> None:
    """A normal account, a closed one, one with a damaged hash, and one without a hash."""
    for name in ("susan", "closed", *DAMAGED):
        await Visitor(app).register(name, email=f"{name}@example.com")
    async with app.app_context():
        closed = await user_by_login("closed")
        assert closed is not None
        await deactivate_user(closed.id)
        async with current_database.of(app).session() as session:
            for name, value in DAMAGED.items():
                await session.execute(text(f"UPDATE users SET password_hash = {value} WHERE username = '{name}'"))  # noqa: S608
            await session.commit()


@pytest.fixture
def hashes() -> Iterator[list[str]]:
    """The method and parameters of every hash that is computed."""
    seen: list[str] = []
    original = security._hash_internal

    def count(method: str, salt: str, password: str) -> tuple[str, str]:
        result = original(method, salt, password)  # or an error, at once
        seen.append(method)
        return result

    with mock.patch.object(security, "_hash_internal", count):
        yield seen


def anonymous(page: Page) -> tuple[int, list[str], str, str]:
    """A response without its parts that always differ."""
    text = re.sub(r'value="[\w.-]{60,}"', "", page.text)
    return page.status, sorted(page.headers.keys()), page.headers.get("Location", ""), text


@pytest.mark.check(13)
@pytest.mark.usefixtures("accounts")
@pytest.mark.quick
async def test_wrong_logins_look_alike(app: Application, hashes: list[str], tally: Tally) -> None:
    """Known, unknown, closed and damaged accounts get the same response after one hash of the same kind."""
    expected = anonymous(await Visitor(app).login("susan", WRONG))
    method = hashes[-1]
    for name in NAMES:
        hashes.clear()
        page = await Visitor(app).login(name, WRONG)
        tally.count(anonymous(page) == expected, f"{name!r}: {anonymous(page)}")
        tally.count(hashes == [method], f"{name!r}: {hashes}")
    answers = set()
    for name in NAMES:
        hashes.clear()
        credentials = {"username": name, "password": WRONG}
        answer = await Visitor(app).client.post("/api/v1/sessions", json=credentials)
        answers.add((answer.status_code, tuple(sorted(answer.headers.keys())), await answer.get_data(as_text=True)))
        tally.count(hashes == [method], f"{name!r} in the API: {hashes}")
    tally.count(len(answers) == 1, answers)


@pytest.mark.check(13)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("accounts")
async def test_wrong_logins_take_as_long(app: Application, tally: Tally) -> None:
    """With a hash as in production, the median times of thirty attempts each differ by at most five per cent."""
    method: str = Settings.model_fields["password_method"].default
    hasher = PasswordHasher(method, threads=1, queue=1, metrics=current_metrics.of(app))
    current_password_hasher.add(app, hasher)
    throttle = Throttle(
        AttemptCounter(current_database.of(app)),
        hasher,
        limit=1000,
        window=timedelta(hours=1),
    )
    current_throttle.add(app, throttle)
    seconds: dict[str, list[float]] = {name: [] for name in ("susan", "nobody", "closed")}
    for _ in range(30):
        for name, taken in seconds.items():
            credentials = {"username": name, "password": WRONG}
            start = perf_counter()
            answer = await Visitor(app).client.post("/api/v1/sessions", json=credentials)
            taken.append(perf_counter() - start)
            tally.count(answer.status_code == 401, answer.status_code)
    medians = {name: median(taken) for name, taken in seconds.items()}
    spread = max(medians.values()) / min(medians.values()) - 1
    tally.count(spread <= 0.05, medians)
    tally.note(f"medians within {spread:.1%}")


# Statistics: half a minute, on a machine that does nothing else.
test_wrong_logins_take_as_long.__test__ = os.environ.get("CHECKS") == "full"  # type: ignore[attr-defined]
