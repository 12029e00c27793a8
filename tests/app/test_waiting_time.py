"""How long a request waits in all, whatever is slow: other logins, a hash, the database, Redis."""

from __future__ import annotations

import asyncio
import sqlite3
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from threading import Event, Semaphore
from time import monotonic
from unittest import mock

import pytest
from quart import Quart, Response, websocket

from quart_app import waiting_time
from quart_app.accounts.attempts import Attempt, AttemptCounter
from quart_app.accounts.passwords import DATABASE_SHARE, HASH_TIMEOUT, PasswordHasher, PasswordsBusy
from quart_app.accounts.throttle import Throttle, TooManyAtOnce
from quart_app.application import Application
from quart_app.database.connection_limiter import ConnectionLimiter
from quart_app.defences import rate_limit_redis
from quart_app.defences.rate import Rate
from quart_app.defences.rate_limit_redis import SharedStore
from quart_app.waiting_time import Waiting, in_time, seconds_left
from tests.app.logged_in import log_in_as_new_user
from tests.app.program import Program
from tests.app.simulated_clock import play
from tests.app.visitor import PASSWORD, Visitor

IN_ALL = 3.0
CLIENTS_GIVE_UP = 5.0  # seconds; httpx's default
METHOD = "pbkdf2:sha256:1"


@pytest.fixture
def as_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waiting time that other tests prolong."""
    monkeypatch.setattr(waiting_time, "WAITING_TIME", IN_ALL)


@pytest.fixture
def begun() -> Semaphore:
    """Released once for each hash that a thread has begun."""
    return Semaphore(0)


async def until_begun(begun: Semaphore, hashes: int) -> None:
    """Let the tasks run, and hold up the event loop, whose clock must not advance, until threads have this many."""
    for _ in range(50):
        await asyncio.sleep(0)
    assert all(begun.acquire(timeout=30) for _ in range(hashes))


@pytest.fixture
def held(begun: Semaphore) -> Iterator[Event]:
    """Every hash waits in its thread until this event is set."""
    event = Event()

    def wait_for_it(*_: object) -> str:
        begun.release()
        assert event.wait(30)
        return "hash"

    with mock.patch("quart_app.accounts.passwords.generate_password_hash", wait_for_it):
        yield event
        event.set()


# --- the budget


async def wait(seconds: float) -> None:
    """Wait for something that takes this long."""
    async with Waiting():
        await asyncio.sleep(seconds)


async def wait_for_future(seconds: float) -> None:
    """Wait for a future that takes this long."""
    loop = get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not future.done():
            future.set_result(None)

    loop.call_later(seconds, end)
    await in_time(future)


Wait = Callable[[float], Awaitable[None]]
both_kinds = pytest.mark.parametrize("wait", [wait, wait_for_future])


@both_kinds
@pytest.mark.usefixtures("as_in_production")
def test_all_waits_together(wait: Wait) -> None:
    """Several waits, one after the other, end after three seconds in all; time between them does not count."""

    async def story() -> None:
        await waiting_time.begin()
        await wait(1)
        await asyncio.sleep(10)  # the client sends its body
        await wait(1.5)
        with pytest.raises(TimeoutError):
            await wait(1)
        assert get_running_loop().time() == pytest.approx(10 + IN_ALL)
        assert seconds_left() == pytest.approx(0)

    play(story)


@both_kinds
@pytest.mark.usefixtures("as_in_production")
def test_a_wait_inside_of_another(wait: Wait) -> None:
    """It is not counted twice, and ends with the outer one at the latest."""

    async def outer() -> None:
        async with Waiting(10):
            await asyncio.sleep(1)
            await wait(5)

    async def story() -> None:
        await waiting_time.begin()
        async with Waiting():
            await asyncio.sleep(0.25)
            await wait(0.5)
            await asyncio.sleep(0.25)
        assert seconds_left() == pytest.approx(IN_ALL - 1)
        with pytest.raises(TimeoutError):
            await outer()
        assert get_running_loop().time() == pytest.approx(IN_ALL)

    play(story)


@pytest.mark.usefixtures("as_in_production")
def test_a_wait_leaves_something() -> None:
    """What a wait has to leave is there for the waits after it, and a limit of its own ends a wait before."""

    async def story() -> None:
        await waiting_time.begin()
        with pytest.raises(TimeoutError):
            async with Waiting(keep=1):
                await asyncio.sleep(10)
        assert seconds_left() == pytest.approx(1)
        with pytest.raises(TimeoutError):
            async with Waiting(0.25):
                await asyncio.sleep(10)
        assert seconds_left() == pytest.approx(0.75)

    play(story)


@pytest.mark.usefixtures("as_in_production")
def test_a_future_that_is_no_longer_awaited() -> None:
    """A wait that is cancelled counts as long as it took, and its future is cancelled; its timer does nothing then."""

    async def story() -> None:
        await waiting_time.begin()
        future: asyncio.Future[None] = get_running_loop().create_future()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await in_time(future)
        assert future.cancelled()
        assert seconds_left() == pytest.approx(IN_ALL - 1)
        await asyncio.sleep(10)

    play(story)


@both_kinds
def test_commands_have_no_limit(wait: Wait) -> None:
    """Without a request a wait has the limits of its own only."""

    async def story() -> None:
        await wait(100)
        assert seconds_left() == inf

    play(story)


async def test_requests_have_one_and_background_tasks_have_none(app: Application) -> None:
    """Each request and each websocket begins with the whole time; tasks that it starts have no part in it."""
    seen: list[float] = []

    async def note() -> None:
        seen.append(seconds_left())

    @app.get("/slow")
    async def slow() -> str:
        await wait(0.01)
        app.add_background_task(note)
        await note()
        return ""

    @app.websocket("/slow/ws")
    async def slow_socket() -> None:
        await note()

    for _ in range(2):
        await app.test_client().get("/slow")
    await asyncio.gather(*app.background_tasks)
    async with app.test_client().websocket("/slow/ws", headers={"Origin": "http://localhost"}):
        await asyncio.sleep(0.01)
    whole = waiting_time.WAITING_TIME
    assert sorted(seen)[3:] == [inf, inf]
    assert all(whole - 5 < each < whole - 0.01 for each in sorted(seen)[:2])
    assert whole - 5 < sorted(seen)[2] <= whole


async def test_it_ends_when_the_answer_begins(app: Application) -> None:
    """A websocket that is accepted, and a response that is streamed, may wait for longer than a request."""

    @app.get("/stream")
    async def stream() -> Response:
        async def numbers() -> AsyncIterator[str]:
            yield str(seconds_left())

        return Response(numbers())

    @app.websocket("/echo")
    async def echo() -> None:
        await websocket.send(str(seconds_left()))
        await websocket.send(str(seconds_left()))

    client = app.test_client()
    assert await (await client.get("/stream")).get_data(as_text=True) == "inf"
    async with client.websocket("/echo", headers={"Origin": "http://localhost"}) as socket:
        at_first, later = await socket.receive(), await socket.receive()
    assert float(at_first) <= waiting_time.WAITING_TIME
    assert later == "inf"


# --- passwords


class Counter(AttemptCounter):
    """Counts nothing, in no time."""

    def __init__(self) -> None:
        pass

    async def count(self, key: str, *, now: datetime, window: timedelta) -> Attempt:
        return Attempt(1, now + window)

    async def discount(self, key: str) -> None:
        pass


async def attempted(throttle: Throttle, hasher: PasswordHasher, key: str) -> tuple[str, float]:
    """How an attempt of a request of its own ended, and after how many seconds."""
    await waiting_time.begin()
    start = get_running_loop().time()
    try:
        async with throttle.attempt(key):
            await hasher.verify(None, PASSWORD)
    except (PasswordsBusy, TooManyAtOnce) as error:
        return type(error).__name__, get_running_loop().time() - start
    return "checked", get_running_loop().time() - start


@pytest.mark.usefixtures("as_in_production", "held")
@pytest.mark.parametrize("names", [1, 3, 12])
def test_logins_at_once(begun: Semaphore, names: int) -> None:
    """Twelve logins, with one to twelve names, while no hash ends: what has no place is refused at once, the rest soon.

    Those that wait for others with the same name have a place in the one queue, and at most half of all places.
    """
    ends: list[tuple[str, float]] = []

    async def story() -> None:
        hasher = PasswordHasher(METHOD, threads=2, queue=6)
        throttle = Throttle(Counter(), hasher, limit=10, window=timedelta(minutes=15))
        async with Quart(__name__).app_context():
            attempts = (attempted(throttle, hasher, f"name {number % names}") for number in range(12))
            tasks = [asyncio.create_task(attempt) for attempt in attempts]
            await until_begun(begun, 2)
            ends.extend(await asyncio.gather(*tasks))
        await hasher.close()

    play(story)
    at_once = [kind for kind, seconds in ends if seconds == 0]
    assert at_once == (["TooManyAtOnce"] * 8 if names == 1 else ["PasswordsBusy"] * 4)
    late = [(kind, round(seconds, 3)) for kind, seconds in ends if seconds]
    hashed = [("PasswordsBusy", IN_ALL - DATABASE_SHARE + HASH_TIMEOUT)] * 2
    queued = [("PasswordsBusy", IN_ALL - DATABASE_SHARE)] * (12 - len(at_once) - 2)
    assert sorted(late) == sorted([*hashed, *queued])
    assert max(seconds for _, seconds in ends) < CLIENTS_GIVE_UP - 1


@pytest.mark.usefixtures("as_in_production", "held")
def test_two_hashes_of_a_request(begun: Semaphore) -> None:
    """A password change hashes twice: if the first took all the time, the second does not begin."""

    async def story() -> None:
        hasher = PasswordHasher(METHOD, threads=2, queue=2)
        await waiting_time.begin()
        first = asyncio.create_task(hasher.hash(PASSWORD))
        await until_begun(begun, 1)
        for hashing in (first, hasher.hash(PASSWORD)):
            with pytest.raises(PasswordsBusy):
                await hashing
            assert get_running_loop().time() == pytest.approx(IN_ALL - DATABASE_SHARE + HASH_TIMEOUT)
        await hasher.close()

    play(story)


@pytest.mark.usefixtures("as_in_production")
def test_one_name_leaves_places_to_others(held: Event) -> None:
    """While one name has as many logins as it may, somebody else's password is still checked."""

    async def story() -> None:
        hasher = PasswordHasher(METHOD, threads=2, queue=6)
        throttle = Throttle(Counter(), hasher, limit=10, window=timedelta(minutes=15))
        async with Quart(__name__).app_context():
            tasks = [asyncio.create_task(attempted(throttle, hasher, "susan")) for _ in range(12)]
            await asyncio.sleep(0)
            other = asyncio.create_task(attempted(throttle, hasher, "bob"))
            await asyncio.sleep(0)
            held.set()
            assert (await other)[0] == "checked"
            await asyncio.gather(*tasks)
        await hasher.close()

    asyncio.run(story())


@pytest.mark.usefixtures("as_in_production")
async def test_when_to_try_again() -> None:
    """Whatever waits now has been answered by the time that a refusal names."""
    assert PasswordsBusy().retry_after == TooManyAtOnce().retry_after == IN_ALL


# --- the database and Redis


@pytest.mark.usefixtures("as_in_production")
def test_connections_of_one_request() -> None:
    """A request that waits for a connection several times waits for three seconds in all."""

    async def story() -> None:
        limiter = ConnectionLimiter(1, stall_timeout=10)

        async def hold(seconds: float) -> None:
            async with limiter:
                await asyncio.sleep(seconds)

        await waiting_time.begin()
        for _ in range(2):
            holding = asyncio.create_task(hold(1.4))
            await asyncio.sleep(0)
            async with limiter:
                await holding
        holding = asyncio.create_task(hold(1.4))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await hold(0)
        assert get_running_loop().time() == pytest.approx(IN_ALL)
        await holding

    play(story)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_another_writer_of_sqlite(app: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds SQLite's write lock, a request is answered when its waiting time is over.

    Not when SQLite's own timeout is, and for each request anew.
    """
    program = Program(app)
    await program.register()
    monkeypatch.setattr(waiting_time, "WAITING_TIME", 0.3)
    other = sqlite3.connect(tmp_path / "microblog.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        start = monotonic()
        answer = await program.log_in()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert 0.2 < monotonic() - start < 1.9  # SQLite's own timeout is two seconds
    other.execute("ROLLBACK")
    other.close()
    monkeypatch.setattr(waiting_time, "WAITING_TIME", 60.0)
    assert (await program.log_in()).status == 201


async def test_requests_that_load_a_user(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page, an operation by bearer token and a websocket end with the waiting time while no connection is free."""
    susan = Visitor(app)
    await log_in_as_new_user(susan, remember=False)
    program = Program(app)
    program.token = (await program.log_in(kind="bearer")).json["token"]
    monkeypatch.setattr(waiting_time, "WAITING_TIME", 0.1)

    async def crawl(*_: object) -> None:
        await asyncio.sleep(30)

    with monkeypatch.context() as patch:
        patch.setattr("quart_app.database.data_loader.DataLoader._fetch", crawl)
        for asks in (susan.get("/account"), program.send("GET", "/me"), program.send("DELETE", "/sessions")):
            start = monotonic()
            answer = await asks
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert monotonic() - start < 10


async def test_redis_that_answers_slowly(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps of a count together have one timeout; after that the address is not limited."""

    async def crawl(*_arguments: object, **_options: object) -> None:
        await asyncio.sleep(30)

    store = SharedStore(redis_url)
    monkeypatch.setattr("redis.asyncio.Redis.evalsha", crawl)
    monkeypatch.setattr(rate_limit_redis, "COUNT_TIMEOUT", 1.5)  # so that a step more is more than a busy machine takes
    start = monotonic()
    assert await store.take("key", Rate(1, 60.0)) is None
    assert monotonic() - start == pytest.approx(1.5, abs=1.4)
    assert await store.take("key", Rate(1, 60.0)) is None
    await store.close()


async def test_a_slow_request_does_not_switch_limits_off(redis_url: str) -> None:
    """A request whose waiting time is nearly over gives nothing back, and the next one is counted as before."""
    store, rate = SharedStore(redis_url), Rate(1, 60.0)
    await waiting_time.begin()
    first = await store.take("slow", rate)
    await waiting_time.begin(0.0)
    assert await store.take("slow", rate) is None
    await store.give_back("slow", rate.interval)
    await waiting_time.begin()
    second = await store.take("slow", rate)
    assert first is not None
    assert second is not None
    assert (first.wait, second.wait > 0) == (0, True)
    await store.close()
