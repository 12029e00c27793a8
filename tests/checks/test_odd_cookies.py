"""Invalid cookies: the client is a visitor, without an error or a delay."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha512
from time import process_time
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer
from quart.sessions import SecureCookieSessionInterface
from quart.testing import QuartClient

from compat import encode_cookie
from quart_app.application import Application
from quart_app.models.login_session import new_handle
from quart_app.sessions.bearer import make_bearer_token
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.visitor import Visitor
from tests.checks.tally import Tally
from tests.compat.test_hostile_cookies import HOSTILE, WRONG_TYPES

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

REMEMBER_SALT = "quart-flask-login remember cookie"
SLOW = 1.0  # seconds of CPU; the slowest is seen to take some milliseconds
NAMES = ("session", "remember_token", "device", "session_data")
ODD_IDS: list[Any] = [
    *(" 1", "+1", "01", "1 ", "\u0661", "1.0", "-1", "1e0", "0x1", "1\0", "1|1", "", "None", "susan", "\u2603"),
    *("9" * 30, "9" * 5000, str(2**63), str(2**31), "\ud800", "1' OR '1'='1"),
    *(1, 0, True, None, 1.5, [1], ["1"], {"id": 1}, [["1"]]),
]


def seal_session(app: Application, payload: object) -> str:
    """A session cookie with a valid signature."""
    interface = app.session_interface
    assert isinstance(interface, SecureCookieSessionInterface)
    serializer = interface.get_signing_serializer(app)
    assert serializer is not None
    return _seal(serializer, payload)


def seal_token(app: Application, payload: object) -> str:
    """A remember cookie with a valid signature."""
    options = {"digest_method": sha512}
    return _seal(URLSafeTimedSerializer(app.secret_key or "", REMEMBER_SALT, signer_kwargs=options), payload)


def _seal(serializer: URLSafeTimedSerializer, payload: object) -> str:
    """Sign as ``dumps`` does, but with any payload."""
    text = urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=")
    return serializer.make_signer(serializer.salt).sign(text).decode()


def resealed(app: Application, name: str, cookie: str) -> str:
    """The same content signed here, which proves that these signatures are accepted."""
    _, payload = URLSafeTimedSerializer("whatever").loads_unsafe(cookie)
    return seal_session(app, payload) if name == "session" else seal_token(app, payload)


async def answers(app: Application, name: str, value: str | bytes) -> tuple[set[int], bool, float]:
    """The statuses, whether a user is logged in, and the most CPU time of an answer, for a client with this cookie."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    headers = {"Cookie": f"{name}=" + raw.decode("latin-1")}
    statuses, slowest, is_in = set(), 0.0, False
    client = QuartClient(app, use_cookies=False)
    for path in ("/index", "/login", "/account/password", "/api/v1/me"):
        start = process_time()
        response = await client.get(path, headers=headers)
        slowest = max(slowest, process_time() - start)
        statuses.add(response.status_code)
        is_in = is_in or b"susan" in await response.get_data(as_text=False)
    credentials = {"username": "susan", "password": "not the password"}
    statuses.add((await client.post("/api/v1/sessions", json=credentials, headers=headers)).status_code)
    return statuses, is_in, slowest


def cookie(user: Visitor, name: str) -> str:
    """The value in the browser."""
    assert user.client.cookie_jar is not None
    return next(cookie.value or "" for cookie in user.client.cookie_jar if cookie.name == name)


@pytest.mark.check(5)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_odd_cookies(user: Visitor, app: Application, clock: Clock, tally: Tally) -> None:
    """Invalid, forged, damaged, expired and misplaced cookies log nobody in and cause no error."""
    hostile: dict[str, Any] = HOSTILE
    cases: list[tuple[str, str | bytes]] = [(name, value) for name in NAMES for value in hostile.values()]
    for payload in [*WRONG_TYPES, "x" * 43, "\ud800"]:
        cases.append(("session", seal_session(app, payload)))
        cases.append(("session", seal_session(app, {"_user_id": payload, "_fresh": payload, "_id": payload})))
        cases.append(("session_data", seal_session(app, payload)))
        cases.append(
            ("session_data", seal_session(app, {"_flashes": payload, "csrf_token": payload, "_login": payload}))
        )
        cases.append(("remember_token", seal_token(app, payload)))
    for name in NAMES[:2]:
        good = cookie(user, name)
        cases += [(name, good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :]) for at in range(0, 80, 4)]
        cases += [(other, good) for other in NAMES if other != name]
    async with app.app_context():
        cases.append(("remember_token", encode_cookie("1")))
        cases.append(("remember_token", make_bearer_token(new_handle())))
    slowest = 0.0
    for name, value in cases:
        statuses, is_in, seconds = await answers(app, name, value)
        slowest = max(slowest, seconds)
        fine = max(statuses) < 500 and not is_in and seconds < SLOW
        tally.count(fine, f"{name}={value[:60]!r}: {statuses}, in: {is_in}, {seconds:.3f} s")
    tally.note(f"slowest {slowest * 1000:.0f} ms")


@pytest.mark.check(5)
async def test_old_cookies(user: Visitor, app: Application, settings: Settings, clock: Clock, tally: Tally) -> None:
    """A valid cookie is refused after its time."""
    kept = {name: cookie(user, name) for name in NAMES[:2]}
    for name, value in kept.items():
        assert (await answers(app, name, value))[1]
        assert (await answers(app, name, resealed(app, name, value)))[1]
    clock.shift(settings.remember_cookie_duration)
    clock.now += 1
    for name, value in kept.items():
        statuses, is_in, _ = await answers(app, name, value)
        tally.count(max(statuses) < 500 and not is_in, name)


@pytest.mark.check(29)
async def test_odd_ids(user: Visitor, app: Application, tally: Tally) -> None:
    """A validly signed id that is not a handle of a login logs nobody in, and causes no error."""
    for odd in ODD_IDS:
        cases = [
            ("session", seal_session(app, {"_user_id": odd, "_fresh": True})),
            ("remember_token", seal_token(app, odd)),
        ]
        for name, value in cases:
            statuses, is_in, _ = await answers(app, name, value)
            tally.count(max(statuses) < 500 and not is_in, f"{name} of {str(odd)[:40]!r}: {statuses}, in: {is_in}")
