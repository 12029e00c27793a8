"""Registrations with an ``Idempotency-Key`` may be repeated, and create one account."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import waiting_time
from quart_app.accounts import users
from quart_app.accounts.keyed_registrations import KEPT_FOR, RUN_TIME, Claim, begin_registration
from quart_app.accounts.passwords import PasswordsBusy, set_password
from quart_app.application import Application
from quart_app.clock import now
from quart_app.database import current_database
from quart_app.models.keyed_registration import KeyedRegistration
from quart_app.models.user import User
from tests.app.conftest import Clock
from tests.app.program import SUSAN, Answer, Program
from tests.app.visitor import PASSWORD

pytestmark = pytest.mark.usefixtures("clock")

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


async def register(app: Application, key: str = KEY, **changes: str) -> Answer:
    """Register with a key, each time as another program."""
    return await Program(app).send("POST", "/users", {**SUSAN, **changes}, {"Idempotency-Key": key})


async def count(app: Application, model: type[User] | type[KeyedRegistration]) -> int:
    """The number of rows."""
    async with app.app_context(), current_database.of(app).session() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


@contextmanager
def failing(error: BaseException) -> Iterator[None]:
    """Have a registration fail with this error after it has begun."""

    async def fail(*_: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "set_password", fail)
        yield


async def test_a_repeated_registration(app: Application, clock: Clock) -> None:
    """The same key and body get the same answer, in quotes or not, and create one account."""
    first = await register(app)
    clock.shift(KEPT_FOR - timedelta(seconds=1))
    for key in (KEY, f'"{KEY}"'):
        again = await register(app, key)
        assert (again.status, again.text, again.headers["Location"]) == (201, first.text, first.headers["Location"])
    assert await count(app, User) == 1
    clock.shift(timedelta(seconds=1))
    assert (await register(app)).problem == "name-taken"


OTHER_BODIES = [{"username": "bob"}, {"password": f"{PASSWORD}!"}, {"more": "x"}]


async def test_another_body(app: Application, subtests: pytest.Subtests) -> None:
    """The same key with another body is 422: it creates nothing, and shows nothing of the account."""
    await register(app)
    for changes in OTHER_BODIES:
        with subtests.test(changes=changes):
            answer = await register(app, **changes)
            assert (answer.status, answer.problem) == (422, "idempotency-key-used")
            assert "susan" not in answer.text
            assert await count(app, User) == 1


async def test_another_key(app: Application) -> None:
    """Another key is another registration, so the name is taken; and its key may be used again."""
    await register(app)
    other = str(uuid4())
    assert (await register(app, other)).problem == "name-taken"
    assert (await register(app, other, username="bob", email="bob@example.com")).status == 201


async def test_at_the_same_time(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one is running, the same is 409, with a type of its own, and another body is 422."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(user: User, password: str) -> None:
        begun.set()
        await go_on.wait()
        await set_password(user, password)

    monkeypatch.setattr(users, "set_password", wait)
    first = asyncio.create_task(register(app))
    await begun.wait()
    running = await register(app)
    assert (running.problem, running.headers["Retry-After"]) == ("idempotency-key-in-use", "2")
    other = await register(app, username="bob")
    assert (other.problem, "Retry-After" in other.headers) == ("idempotency-key-used", False)
    go_on.set()
    assert (await first).status == 201
    assert (await register(app)).text == (await first).text


async def test_when_to_ask_again(app: Application, clock: Clock) -> None:
    """A client that waits for Retry-After needs few requests, even if the worker of the first one was killed."""
    async with app.app_context():
        await begin_registration(Claim.of(KEY, json.dumps(SUSAN).encode()))
    waits = []
    while (answer := await register(app)).status == 409:
        waits.append(int(answer.headers["Retry-After"]))
        clock.shift(timedelta(seconds=waits[-1]))
    assert (answer.status, waits) == (201, [2, 2, 2, 54])


async def test_many_at_the_same_time(app: Application) -> None:
    """Whatever their order, one account is created, and each answer is 201 or 409."""
    answers = await asyncio.gather(*(register(app) for _ in range(6)))
    problems = [answer.problem for answer in answers if answer.status != 201]
    assert len(problems) < len(answers)
    assert set(problems) <= {"idempotency-key-in-use"}
    assert await count(app, User) == 1


async def test_a_failed_registration_can_be_repeated(app: Application) -> None:
    """An error leaves nothing behind: the same key creates the account at the next attempt."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with failing(RuntimeError()):
        assert (await register(app)).status == 500
    await asyncio.gather(*app.background_tasks)
    assert await count(app, KeyedRegistration) == 0
    assert (await register(app)).status == 201


@contextmanager
def database_stops_at_commit(number: int, *, is_made: bool) -> Iterator[None]:
    """This commit is made, or not, and not answered; nothing reaches the database after it."""
    numbers, commit, has_stopped = itertools.count(1), AsyncSession.commit, False

    async def stop(session: AsyncSession) -> None:
        nonlocal has_stopped
        has_stopped = next(numbers) >= number
        if is_made or not has_stopped:
            await commit(session)
        if has_stopped:
            raise OSError("connection lost")

    def refuse(*_: object) -> None:
        if has_stopped:
            raise OSError("connection lost")

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AsyncSession, "commit", stop)
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize("is_made", [True, False])
async def test_the_database_is_lost_at_the_commit(app: Application, clock: Clock, is_made: bool) -> None:
    """A fault when the key is given back does not hide that the account may have been created."""
    with database_stops_at_commit(2, is_made=is_made):
        assert (await register(app)).problem == "outcome-unknown"
        await asyncio.gather(*app.background_tasks)
    assert await count(app, User) == is_made
    if not is_made:
        assert (await register(app)).problem == "idempotency-key-in-use"
        clock.shift(RUN_TIME)
    assert (await register(app)).status == 201
    assert await count(app, User) == 1


@pytest.mark.parametrize("is_made", [True, False])
async def test_the_database_is_lost_before(app: Application, clock: Clock, is_made: bool) -> None:
    """A fault at the commit of the key leaves no doubt about the account: nothing was changed."""
    with database_stops_at_commit(1, is_made=is_made):
        assert (await register(app)).problem == "unavailable"
    assert await count(app, User) == 0
    clock.shift(RUN_TIME)
    assert (await register(app)).status == 201


async def test_the_waiting_time_is_over(app: Application) -> None:
    """A registration that has used up its waiting time gives its key back all the same."""

    async def wait_too_long(*_: object) -> None:
        await waiting_time.begin(0)
        raise PasswordsBusy

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "set_password", wait_too_long)
        assert (await register(app)).problem == "passwords-busy"
    await asyncio.gather(*app.background_tasks)
    assert (await register(app)).status == 201


async def test_a_killed_worker(app: Application, clock: Clock) -> None:
    """The key of a registration that nobody finishes can be used again after a minute."""
    await register(app)
    async with app.app_context(), current_database.of(app).session() as session:
        await session.execute(text("DELETE FROM users"))
        await session.execute(text("UPDATE keyed_registrations SET registered_at = NULL"))
        await session.commit()
    assert (await register(app)).problem == "idempotency-key-in-use"
    clock.shift(KEPT_FOR + RUN_TIME)
    assert (await register(app)).status == 201


async def test_old_keys_are_pruned(app: Application, clock: Clock) -> None:
    """Rows that count no longer are deleted by later registrations."""
    await register(app)
    clock.shift(KEPT_FOR)
    await register(app, str(uuid4()), username="bob", email="bob@example.com")
    assert await count(app, KeyedRegistration) == 1


async def test_many_old_keys(app: Application) -> None:
    """After a night with many of them each registration deletes a hundred, and adds one."""
    old = [
        KeyedRegistration(key_hash=f"{number:064}", body_hash="0" * 64, registered_at=None, ends_at=now())
        for number in range(250)
    ]
    async with app.app_context(), current_database.of(app).session() as session:
        session.add_all(old)
        await session.commit()
    left = []
    for number in range(3):
        await register(app, f"{KEY}{number}", username=f"user{number}", email=f"{number}@example.com")
        left.append(await count(app, KeyedRegistration))
    assert left == [151, 52, 3]


async def test_nothing_that_was_sent_is_stored(app: Application) -> None:
    """The table has neither the key nor anything of the body."""
    await register(app)
    async with app.app_context(), current_database.of(app).session() as session:
        row = (await session.execute(text("SELECT * FROM keyed_registrations"))).one()
    assert not [word for word in (KEY, *SUSAN.values()) for value in row if word in str(value)]


NO_KEYS = ["", "x", "x" * 15, "x" * 129, '"' * 20, "x" * 16 + " x", "\xe9" * 16, f'"{KEY}']


async def test_keys_that_are_none(app: Application, subtests: pytest.Subtests) -> None:
    """A key is 16 to 128 visible ASCII characters; anything else is 400, and creates nothing."""
    for key in NO_KEYS:
        with subtests.test(key=key):
            answer = await register(app, key)
            assert (answer.status, "Idempotency-Key" in answer.json["detail"]) == (400, True)
            assert await count(app, User) == 0


async def test_without_a_key(app: Application) -> None:
    """A registration without a key is answered as always, and leaves no row."""
    assert (await Program(app).register()).status == 201
    assert (await Program(app).register()).problem == "name-taken"
    assert await count(app, KeyedRegistration) == 0
