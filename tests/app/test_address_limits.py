"""The limit on password forms of one network address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from quart import Response
from quart.testing import QuartClient
from redis.asyncio import Redis

from quart_app.application import Application
from quart_app.defences import rate_limit_redis
from quart_app.defences.rate import LocalStore, Outcome, Rate
from quart_app.defences.rate_limits import network_of
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import Visitor

LOGINS = 3
REGISTRATIONS = 2
MAILS = 4
HOME = "192.0.2.1"
WRONG = {"username": "nobody", "password": "no password of anybody"}
BODIES = {
    "/sessions": WRONG,
    "/me": {"current_password": "wrong"},
    "/me/email": {"current_password": "wrong", "email": "susan@example.com"},
    "/me/password": {"current_password": "wrong", "new_password": "four words of one kind"},
    "/passwords": {"token": "none", "password": "four words of one kind"},
    "/email-confirmations": {"token": "none"},
    "/password-resets": {"email": "susan@example.com"},
    "/users": {"username": "susan", "email": "susan@example.com", "password": "four words of one kind"},
}
PASSWORD_FORMS = ["/login", "/reauthenticate", "/account/password", "/account/email", "/account/delete"]
PASSWORD_FORMS += ["/password/new", "/account/email/confirm"]


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: addresses are not in the database."""
    return migrated_sqlite_url


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The limits of production, but lower."""
    changes = {"logins_per_minute": LOGINS, "registrations_per_hour": REGISTRATIONS, "mails_per_hour": MAILS}
    return settings.model_copy(update={"address_limits": True, **changes})


async def send(app: Application, path: str = "/login", address: str = HOME, **headers: str) -> Response:
    """Send a form from this address."""
    return await QuartClient(app).post(path, form={}, headers=headers, scope_base={"client": (address, 1024)})


async def statuses(app: Application, number: int, path: str = "/login", address: str = HOME) -> list[int]:
    """The statuses of this many forms: 403 without a token, 302 without a login, or 429."""
    return [(await send(app, path, address)).status_code for _ in range(number)]


LIMITED_FORMS = [
    *((path, LOGINS, 20) for path in PASSWORD_FORMS),
    ("/register", REGISTRATIONS, 1800),
    ("/forgotten", MAILS, 900),
]


async def test_too_many_forms(app: Application, subtests: pytest.Subtests) -> None:
    """A form above the limit is refused unread, with the time of the next allowed one."""
    for number, (path, limit, wait) in enumerate(LIMITED_FORMS):
        address = f"198.51.100.{number}"
        with subtests.test(path=path):
            assert 429 not in await statuses(app, limit, path, address)
            page = await send(app, path, address)
            assert page.status_code == 429
            assert wait - 10 <= int(page.headers["Retry-After"]) <= wait
            assert "Too many attempts" in await page.get_data(as_text=True)
            assert (await send(app, path, f"203.0.113.{number}")).status_code != 429


LIMITED_OPERATIONS = [
    ("POST", "/sessions", LOGINS),
    ("PUT", "/me/password", LOGINS),
    ("PUT", "/me/email", LOGINS),
    ("DELETE", "/me", LOGINS),
    ("POST", "/passwords", LOGINS),
    ("POST", "/email-confirmations", LOGINS),
    ("POST", "/users", REGISTRATIONS),
    ("POST", "/password-resets", MAILS),
]


async def test_the_api_is_limited_too(app: Application, subtests: pytest.Subtests) -> None:
    """The API has the same limits, and refuses with a problem."""
    for number, (method, path, limit) in enumerate(LIMITED_OPERATIONS):
        client, scope = QuartClient(app), {"client": (f"198.51.100.{number}", 1024)}
        with subtests.test(method=method, path=path):
            answers = [
                await client.open(f"/api/v1{path}", method=method, json=BODIES[path], scope_base=scope)
                for _ in range(limit + 1)
            ]
            assert 429 not in [answer.status_code for answer in answers[:-1]]
            assert (answers[-1].status_code, answers[-1].content_type) == (429, "application/problem+json")
            assert int(answers[-1].headers["Retry-After"]) > 0
            assert (await answers[-1].get_json())["type"] == "/api/v1/docs#address-limited"


async def test_one_count_for_all_passwords(app: Application) -> None:
    """All password forms and the API share one count; registrations have another."""
    client, pages = QuartClient(app), PASSWORD_FORMS[:LOGINS]
    assert 429 not in [(await send(app, path, "<local>")).status_code for path in pages]
    assert [(await send(app, path, "<local>")).status_code for path in PASSWORD_FORMS] == [429] * len(PASSWORD_FORMS)
    for method, path in (("POST", "/sessions"), ("PUT", "/me/password"), ("PUT", "/me/email"), ("DELETE", "/me")):
        assert (await client.open(f"/api/v1{path}", method=method, json=BODIES[path])).status_code == 429
    assert (await client.post("/api/v1/users", json=BODIES["/users"])).status_code != 429
    assert (await send(app, "/register", "<local>")).status_code != 429
    assert (await send(app, "/register", "<local>")).status_code == 429


async def test_no_query_for_too_many(app: Application, queries: list[str]) -> None:
    """A refused form costs no query, even for a logged-in user."""
    visitor = Visitor(app)
    await visitor.register()
    assert (await visitor.login()).location == "/index"
    token = (await visitor.get("/account/delete")).token
    fields = {"csrf_token": token, "current_password": "wrong"}
    assert [(await visitor.post("/account/delete", fields)).status for _ in range(LOGINS - 1)] == [200] * (LOGINS - 1)
    queries.clear()
    page = await visitor.post("/account/delete", fields)
    assert (page.status, page.cookies, queries) == (429, {}, [])


async def test_pages_are_not_limited(app: Application) -> None:
    """GET requests are not limited, and have no ``RateLimit`` headers."""
    await statuses(app, LOGINS + 1, address="<local>")
    for path in ("/login", "/register", "/static/style.css"):
        for _ in range(LOGINS + 1):
            page = await Visitor(app).get(path)
            assert page.status == 200
            assert "RateLimit-Limit" not in page.headers


async def test_addresses_are_not_believed(app: Application, subtests: pytest.Subtests) -> None:
    """Headers of a client do not change its address; only Hypercorn's proxy middleware does."""
    for place, header in enumerate(("X-Forwarded-For", "Forwarded", "X-Real-IP", "Remote-Addr")):
        with subtests.test(header=header):
            sent = [{header: f"203.0.113.{number}"} for number in range(LOGINS + 1)]
            pages = [await send(app, address=f"198.51.100.{place}", **headers) for headers in sent]
            assert [page.status_code for page in pages] == [403] * LOGINS + [429]


async def test_switched_off(settings: Settings) -> None:
    """The limits can be turned off, for load tests from one address."""
    app = create_app(settings.model_copy(update={"address_limits": False}))
    async with app.test_app():
        assert 429 not in await statuses(app, LOGINS + 1)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("<local>", "<local>"),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    """IPv4 addresses are counted one by one, IPv6 by network of 2**64 addresses."""
    assert network_of(address) == network


async def test_expired_counts_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """When there are many keys, expired ones are removed, and no others."""
    now = 1000.0
    monkeypatch.setattr("quart_app.defences.rate._SWEEP_FROM", 10)
    monkeypatch.setattr("quart_app.defences.rate.monotonic", lambda: now)
    store, in_an_hour, in_a_second = LocalStore(), Rate(1, 3600.0), Rate(1, 1.0)
    for number in range(5):
        assert not (await store.take(f"kept {number}", in_an_hour)).wait
    for number in range(1000):
        now += 1
        assert not (await store.take(f"over {number}", in_a_second)).wait
        assert len(store) <= 12
    assert [(await store.take(f"kept {number}", in_an_hour)).wait for number in range(5)] == [2600] * 5


async def test_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """With three in a minute, three may come at once, then one every twenty seconds."""
    now = 1000.0
    monkeypatch.setattr("quart_app.defences.rate.monotonic", lambda: now)
    store, rate = LocalStore(), Rate(3, 60.0)
    taken = [await store.take("key", rate) for _ in range(4)]
    assert [(each.wait, each.backlog) for each in taken] == [(0, 20), (0, 40), (0, 60), (20, 60)]
    now += 20
    assert [(await store.take("key", rate)).wait for _ in range(2)] == [0, 20]
    now += 60
    assert [(await store.take("key", rate)).wait for _ in range(4)] == [0, 0, 0, 20]


async def test_answers_say_what_is_left(app: Application) -> None:
    """Every counted or refused request gets the limit, the remaining number and the time of the reset.

    If none remains, that is the time until the next: a refusal says the same in ``Retry-After``.
    """
    pages = [await send(app) for _ in range(LOGINS + 1)]
    names = ("RateLimit-Limit", "RateLimit-Remaining")
    assert [[page.headers[name] for name in names] for page in pages] == [
        ["3", "2"],
        ["3", "1"],
        ["3", "0"],
        ["3", "0"],
    ]
    for page, whole in zip(pages, (20, 40, 20, 20), strict=True):
        assert whole - 10 <= int(page.headers["RateLimit-Reset"]) <= whole
    assert pages[-1].headers["Retry-After"] == pages[-1].headers["RateLimit-Reset"]


# --- bodies that cannot be used


UNUSABLE = [
    (b"{", "application/json", 400),
    (b"username=susan", "application/x-www-form-urlencoded", 415),
    (b" " * 70_000, "application/json", 413),
    (b"{}", "application/json", 400),
]


async def send_unusable(app: Application, number: int, method: str = "POST", path: str = "/sessions") -> list[Response]:
    """The answers to this many bodies that cannot be used, of each kind in turn."""
    client, answers = QuartClient(app), []
    for data, content_type, status in (UNUSABLE * number)[:number]:
        headers = {"Content-Type": content_type}
        answers.append(await client.open(f"/api/v1{path}", method=method, data=data, headers=headers))
        assert answers[-1].status_code in (status, 429)
    return answers


def remaining(answer: Response) -> tuple[int, str]:
    """The status, and how many more requests are allowed."""
    return answer.status_code, answer.headers["RateLimit-Remaining"]


async def check_unusable_bodies(app: Application) -> None:
    """They use up no passwords, as the headers say, until there have been as many as passwords are allowed.

    Each of those after them counts as a password, so a flood of them ends with 429.
    """
    client = QuartClient(app)
    assert [remaining(answer) for answer in await send_unusable(app, LOGINS)] == [
        (400, "3"),
        (415, "3"),
        (413, "3"),
    ]
    answer = await client.post("/api/v1/sessions", json=WRONG)
    assert remaining(answer) == (401, "2")
    assert [answer.status_code for answer in await send_unusable(app, LOGINS)] == [400, 415, 429]
    assert remaining(await client.post("/api/v1/sessions", json=WRONG)) == (429, "0")


async def test_unusable_bodies_use_up_no_passwords(app: Application) -> None:
    """As :func:`check_unusable_bodies`, counted in memory."""
    await check_unusable_bodies(app)


async def test_slow_bodies_give_nothing_more_back(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that cannot be used, sent so slowly that its count has passed, allows no further password."""
    now = 1000.0
    for module in ("rate", "rate_limits"):
        monkeypatch.setattr(f"quart_app.defences.{module}.monotonic", lambda: now)
    client, headers = QuartClient(app), {"Content-Type": "application/json"}
    for seconds in (0, 5, 20, 40):
        now += 1000
        wrong = {**WRONG, "username": f"user{seconds}"}
        async with client.request("/api/v1/sessions", method="POST", headers=headers) as slow:
            await slow.send(b"{")
            for _ in range(100):  # turns of the event loop: it is counted, and waits for the rest
                await asyncio.sleep(0)
            now += seconds
            passwords = [await client.post("/api/v1/sessions", json=wrong) for _ in range(LOGINS)]
            await slow.send_complete()
        assert (await slow.as_response()).status_code == 400
        passwords += [await client.post("/api/v1/sessions", json=wrong) for _ in range(2)]
        assert [answer.status_code for answer in passwords].count(401) == LOGINS, seconds


@pytest.mark.parametrize(("after", "back"), [(0, 20), (15, 20), (20, 20), (30, 10), (40, 0), (1000, 0)])
def test_what_is_given_back(after: float, back: float) -> None:
    """Of a request after another one: all, until the time of the other has passed; then what is left."""
    outcome, seconds = Outcome(Rate(3, 60.0), 0.0, 40.0).given_back(after)
    assert (seconds, outcome.backlog) == (back, max(20.0 - after, 0.0))


async def test_unusable_registrations_create_nothing(app: Application) -> None:
    """Registrations that cannot be read leave those that may follow."""
    await send_unusable(app, LOGINS, path="/users")
    answers = [await QuartClient(app).post("/api/v1/users", json=BODIES["/users"]) for _ in range(REGISTRATIONS + 1)]
    assert [answer.status_code for answer in answers] == [201, 409, 429]


async def test_a_password_that_was_checked_is_counted(app: Application) -> None:
    """No answer to a body whose password was checked has a status by which it would be given back."""
    user = Visitor(app)
    assert (await QuartClient(app).post("/api/v1/users", json=BODIES["/users"])).status_code == 201
    right = {"username": "susan", "password": "four words of one kind"}
    client = user.client
    answers = [
        await client.post("/api/v1/sessions", json=right),
        await client.post("/api/v1/sessions", json=WRONG),
        await client.put("/api/v1/me/password", json=BODIES["/me/password"]),
    ]
    assert [remaining(answer) for answer in answers] == [(201, "2"), (401, "1"), (403, "0")]


# --- Redis


@pytest.fixture
def shared(settings: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for several hosts, with a long timeout for Redis, because the machine is busy."""
    for name in ("_ANSWER_TIMEOUT", "COUNT_TIMEOUT"):
        monkeypatch.setattr(rate_limit_redis, name, 10)
    return settings.model_copy(update={"redis_url": SecretStr(redis_url)})


@pytest.fixture
async def workers(shared: Settings) -> AsyncIterator[list[Application]]:
    """Two workers."""
    one, other = create_app(shared), create_app(shared)
    async with one.test_app(), other.test_app():
        yield [one, other]


async def test_redis_counts_for_all(workers: list[Application], redis_url: str) -> None:
    """All workers share one count, and Redis removes it in time."""
    one, other = workers
    assert await statuses(one, LOGINS) == [403] * LOGINS
    assert (await send(other)).status_code == 429
    assert (await send(other, address="192.0.2.2")).status_code == 403
    async with Redis.from_url(redis_url) as redis:
        keys = await redis.keys()
        assert len(keys) == 2
        assert all([0 < await redis.ttl(key) <= 62 for key in keys])


async def test_unusable_bodies_with_redis(workers: list[Application], redis_url: str) -> None:
    """As :func:`check_unusable_bodies`, and no key is left without an end."""
    await check_unusable_bodies(workers[0])
    async with Redis.from_url(redis_url) as redis:
        keys = await redis.keys()
        assert len(keys) == 2
        assert all([0 < await redis.ttl(key) <= 62 for key in keys])


async def test_many_at_once(workers: list[Application]) -> None:
    """Of many concurrent requests to several workers no more are allowed than one after the other."""
    answers = await asyncio.gather(*(send(app) for app in workers * 15))
    assert sorted(answer.status_code for answer in answers) == [403] * LOGINS + [429] * (30 - LOGINS)


async def test_redis_is_down(shared: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """While Redis is down logins go on unlimited; one warning is logged, and Redis is not tried for a while."""
    app = create_app(shared.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")}))
    async with app.test_app():
        visitor = Visitor(app)
        assert (await visitor.register()).location == "/login"
        for _ in range(LOGINS + 1):
            assert (await visitor.login()).location == "/index"
            await visitor.logout()
    assert caplog.text.count("Redis does not answer, so the limits of network addresses are off") == 1


async def test_redis_comes_back(shared: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a pause Redis is used again."""
    app = create_app(shared)
    async with app.test_app():
        with monkeypatch.context() as patch:
            patch.setattr(Redis, "evalsha", _refuse)
            assert await statuses(app, LOGINS + 1) == [403] * (LOGINS + 1)
        monkeypatch.setattr(rate_limit_redis, "monotonic", lambda: asyncio.get_running_loop().time() + 3600)
        assert await statuses(app, LOGINS + 1) == [403] * LOGINS + [429]


async def _refuse(*_args: object) -> None:
    raise OSError("connection refused")
