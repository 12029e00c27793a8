"""Password hashing: its bounded queue, and the upgrade of weak hashes."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta
from threading import Event, Semaphore

import pytest
from sqlalchemy import func, select, update
from werkzeug.security import generate_password_hash

from quart_app import waiting_time
from quart_app.accounts import authentication, passwords
from quart_app.accounts.attempts import AttemptCounter
from quart_app.accounts.changes import change_password
from quart_app.accounts.passwords import PasswordHasher, PasswordsBusy, current_password_hasher, set_password
from quart_app.accounts.throttle import Throttle, current_throttle
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.failed_attempts import FailedAttempts
from quart_app.models.user import User
from tests.app.visitor import PASSWORD, Visitor

METHOD = "pbkdf2:sha256:1"
WEAK = "pbkdf2:sha1:1"
NEW = "another fine password"


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: a hash is stored like any other text."""
    return migrated_sqlite_url


@pytest.fixture
def begun() -> Semaphore:
    """Released once for each hash that a thread has taken from the queue."""
    return Semaphore(0)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, begun: Semaphore) -> Iterator[Event]:
    """Every hash waits until this event is set."""
    event = Event()

    def wait(password: str, method: str) -> str:
        begun.release()
        assert event.wait(30)
        return generate_password_hash(password, method)

    monkeypatch.setattr("quart_app.accounts.passwords.generate_password_hash", wait)
    yield event
    event.set()


@pytest.fixture
async def hasher() -> AsyncIterator[PasswordHasher]:
    """Two threads, and a queue for three more hashes."""
    hasher = PasswordHasher(METHOD, threads=2, queue=3)
    yield hasher
    await hasher.close()


async def started(hasher: PasswordHasher, number: int) -> list[asyncio.Task[str]]:
    """Start hashing this many passwords."""
    tasks = [asyncio.create_task(hasher.hash(PASSWORD)) for _ in range(number)]
    await asyncio.sleep(0)
    return tasks


async def is_room_for_five(hasher: PasswordHasher) -> bool:
    """Whether both threads and the whole queue are free."""
    made = await asyncio.gather(*(await started(hasher, 5)), return_exceptions=True)
    return not any(isinstance(result, PasswordsBusy) for result in made)


async def test_the_queue_is_bounded(hasher: PasswordHasher, held: Event) -> None:
    """With a full queue a hash is refused at once; the queued ones are computed; then there is room again."""
    waiting = await started(hasher, 5)
    for _ in range(3):
        with pytest.raises(PasswordsBusy):
            await hasher.verify(None, PASSWORD)
    held.set()
    assert all(hash_.startswith(METHOD) for hash_ in await asyncio.gather(*waiting))
    assert await is_room_for_five(hasher)


async def test_a_cancelled_hash_leaves_the_queue(hasher: PasswordHasher, held: Event, begun: Semaphore) -> None:
    """A cancelled hash frees its place at once, or, if a thread has begun it, when the thread is done."""
    tasks = await started(hasher, 5)
    for _ in range(2):
        assert await asyncio.to_thread(begun.acquire, timeout=30)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    waiting = await started(hasher, 3)
    with pytest.raises(PasswordsBusy):
        await hasher.hash(PASSWORD)
    held.set()
    await asyncio.gather(*waiting)
    for _ in range(1000):  # one of the two that had begun may be done a moment later
        if await is_room_for_five(hasher):
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("a place was lost")


async def test_a_queued_hash_times_out(
    hasher: PasswordHasher, held: Event, begun: Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the waiting time a queued hash is refused and frees its place; begun hashes are completed."""
    running = await started(hasher, 2)
    for _ in range(2):
        assert await asyncio.to_thread(begun.acquire, timeout=30)
    with monkeypatch.context() as shorter:
        shorter.setattr(waiting_time, "WAITING_TIME", passwords.DATABASE_SHARE + 0.01)
        await waiting_time.begin()
        queued = await started(hasher, 3)
        given_up = await asyncio.gather(*queued, return_exceptions=True)
    assert [type(result) for result in given_up] == [PasswordsBusy] * 3
    await waiting_time.begin()
    again = await started(hasher, 3)
    held.set()
    assert all(hash_.startswith(METHOD) for hash_ in await asyncio.gather(*running, *again))


@pytest.mark.parametrize("is_full_before", [True, False])
@pytest.mark.parametrize("path", ["/login", "/register"])
async def test_a_full_queue_counts_no_failed_attempt(
    visitor: Visitor,
    app: Application,
    monkeypatch: pytest.MonkeyPatch,
    held: Event,
    queries: list[str],
    path: str,
    *,
    is_full_before: bool,
) -> None:
    """The response is 503 with ``Retry-After`` and no cookie; no attempt is counted.

    If the queue was full before, nothing has been written to the database at all.
    """
    if not is_full_before:
        monkeypatch.setattr(PasswordHasher, "place", lambda _: nullcontext())
    held.set()
    await visitor.register()
    held.clear()
    hasher = current_password_hasher.add(app, PasswordHasher(METHOD, threads=1, queue=0))
    counter = AttemptCounter(current_database.of(app))
    current_throttle.add(app, Throttle(counter, hasher, limit=10, window=timedelta(minutes=15)))
    (busy,) = await started(hasher, 1)
    queries.clear()

    page = await (visitor.login() if path == "/login" else visitor.register("bob", email="bob@example.com"))

    assert (page.status, page.headers["Retry-After"], page.cookies) == (503, "60", {})
    await asyncio.gather(*app.background_tasks)
    if is_full_before:
        assert [query for query in queries if not query.startswith("SELECT")] == []
    async with app.app_context(), current_database.of(app).session() as session:
        assert (await session.execute(select(func.sum(FailedAttempts.count)))).scalar() in (None, 0)
    held.set()
    await busy
    assert (await visitor.login()).location == "/index"
    await current_password_hasher.of(app).close()


async def test_a_password_that_is_no_text(hasher: PasswordHasher) -> None:
    """A lone surrogate, which JSON can send, is a wrong password, not an error."""
    stored = await hasher.hash("half of a face: ?")
    assert not await hasher.verify(stored, "half of a face: \ud83d")


# --- the upgrade of weak hashes


@pytest.mark.parametrize(
    ("before", "today", "rest"),
    [
        ("scrypt:1024:8:1", "scrypt:1024:8:3", ["scrypt:1024:8:2"]),
        ("pbkdf2:sha256:3", "pbkdf2:sha256:10", ["pbkdf2:sha256:7"]),
        ("pbkdf2:sha1:3", "pbkdf2:sha256:10", ["pbkdf2:sha256:10"]),
        ("pbkdf2:sha256:3", "scrypt:1024:8:3", ["scrypt:1024:8:3"]),
        ("scrypt:1024:8:3", "scrypt:1024:8:3", []),
        ("scrypt:1024:8:4", "scrypt:1024:8:3", []),
    ],
)
async def test_old_hashes_take_as_long(
    monkeypatch: pytest.MonkeyPatch, before: str, today: str, rest: list[str]
) -> None:
    """A wrong password costs the work of today's method, whatever is stored; a right one that of its hash."""
    done: list[str] = []

    def hash_it(password: str, method: str) -> str:
        done.append(method)
        return generate_password_hash(password, method)

    stored = generate_password_hash(PASSWORD, before)
    monkeypatch.setattr("quart_app.accounts.passwords.generate_password_hash", hash_it)
    hasher = PasswordHasher(today, threads=1, queue=0)
    assert await hasher.verify(stored, PASSWORD)
    assert done == []
    assert not await hasher.verify(stored, NEW)
    assert done == rest
    await hasher.close()


async def stored_hash(app: Application) -> str:
    """Susan's hash in the database."""
    async with app.app_context(), current_database.of(app).session() as session:
        found = (await session.execute(select(User.password_hash).where(User.username == "susan"))).scalar_one()
    assert found is not None
    return found


@pytest.fixture
async def susan(visitor: Visitor, app: Application) -> Visitor:
    """A user whose stored hash is weaker than today's method."""
    await visitor.register()
    weak = PasswordHasher(WEAK, threads=1, queue=0)
    stored = await weak.hash(PASSWORD)
    await weak.close()
    async with app.app_context(), current_database.of(app).session() as session:
        await session.execute(update(User).values(password_hash=stored))
        await session.commit()
    return visitor


async def test_hashes_are_upgraded(susan: Visitor, app: Application) -> None:
    """A login with the right password upgrades the hash, and a wrong one does not; existing logins stay valid."""
    weak = await stored_hash(app)
    assert weak.startswith(WEAK)
    await susan.login(password="not the password")
    assert await stored_hash(app) == weak

    assert (await susan.login()).location == "/index"

    upgraded = await stored_hash(app)
    assert upgraded.startswith(METHOD)
    other = Visitor(app)
    assert (await other.login()).location == "/index"
    assert await stored_hash(app) == upgraded
    assert await susan.is_in()


async def test_no_time_for_an_upgrade(susan: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """While too many passwords are being checked a login with an old hash succeeds, and a later one replaces it."""

    async def refuse(*_: object) -> None:
        raise PasswordsBusy

    weak = await stored_hash(app)
    with monkeypatch.context() as patch:
        patch.setattr(PasswordHasher, "hash", refuse)
        assert (await susan.login()).location == "/index"
    assert await stored_hash(app) == weak
    await Visitor(app).login()
    assert (await stored_hash(app)).startswith(METHOD)


async def test_upgraded_twice_at_once(susan: Visitor, app: Application) -> None:
    """Logins at the same time all succeed: the later ones accept the hash that the first has upgraded."""
    visitors = [Visitor(app) for _ in range(8)]
    pages = await asyncio.gather(*(visitor.login() for visitor in visitors))
    assert [page.location for page in pages] == ["/index"] * 8
    assert all([await visitor.is_in() for visitor in visitors])
    assert (await stored_hash(app)).startswith(METHOD)


async def test_no_upgrade_of_another_password(
    susan: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that is changed during the upgrade of the old hash stays changed; the old one is refused."""

    async def change_meanwhile(user: User, password: str) -> None:
        monkeypatch.setattr(authentication, "set_password", set_password)
        other = await user_by_login("susan")
        assert other is not None
        await change_password(other, NEW)
        await set_password(user, password)

    monkeypatch.setattr(authentication, "set_password", change_meanwhile)
    assert (await susan.login()).location == "/login"
    assert (await susan.login(password=NEW)).location == "/index"


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has priorities of threads.")
async def test_hashes_give_way(app: Application) -> None:
    """Hashing threads have a lower priority than the event loop."""

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await current_password_hasher.of(app)._in_thread(niceness) > niceness()
