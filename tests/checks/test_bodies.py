"""Malformed bodies of requests."""

from __future__ import annotations

import asyncio
from time import thread_time

import pytest

from quart_app.application import Application
from tests.app.visitor import Visitor
from tests.checks.tally import Tally

LIMIT = 64 * 1024
LONGEST_GAP = 1.0  # seconds; a few milliseconds are seen
FORM, JSON, PARTS = "application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"


def parts(number: int) -> bytes:
    """A multipart body."""
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    return part * number + b"--x--\r\n"


def field(name: str, value: str) -> bytes:
    """The JSON of a login in which one field has this source text."""
    fields = {"username": '"susan"', "password": '"not the password"', name: value}
    return ("{" + ",".join(f'"{key}":{text}' for key, text in fields.items()) + "}").encode("utf-8", "surrogatepass")


BODIES: dict[str, tuple[str, bytes]] = {
    "a byte too many": (FORM, b"a=" + b"x" * (LIMIT - 1)),
    "sixteen megabytes": (FORM, b"&a" * 8_000_000),
    "thirty thousand fields": (FORM, b"&a" * (LIMIT // 2)),
    "the same field again and again": (FORM, b"csrf_token=x&" * 5000),
    "percent signs": (FORM, b"username=" + b"%" * 60_000),
    "no text": (FORM, b"username=\xff\xfe&password=%ff%fe"),
    "NUL": (FORM, b"username=su%00san&password=%00"),
    "accents": (FORM, b"username=" + "e\u0301".encode() * 20_000),
    "a thousand and one parts": (PARTS, parts(1001)),
    "parts without end": (PARTS, parts(3)[:-8] + b"\r" * 60_000),
    "no boundary": ("multipart/form-data", parts(3)),
    "an odd charset": (f"{FORM}; charset=utf-16", b"username=susan"),
    "deep lists": (JSON, b"[" * 60_000),
    "deep objects": (JSON, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "deep in a field": (JSON, field("extra", "[" * 30_000 + "]" * 30_000)),
    "bad UTF-8": (JSON, b'{"username": "\xff\xfe"}'),
    "UTF-16": (JSON, field("username", '"susan"').decode().encode("utf-16")),
    "half a character": (JSON, field("username", '"\\ud800"')),
    "half a character, raw": (JSON, field("password", '"\ud800"')),
    "NUL in JSON": (JSON, field("username", '"su\\u0000san"')),
    "five thousand digits": (JSON, field("username", "1" * 5000)),
    "a number that is none": (JSON, field("username", "NaN")),
    "infinity": (JSON, field("extra", "1e999999")),
    "twice": (JSON, b'{"username": "a", "username": "b", "password": "c"}'),
    "nothing": (JSON, b""),
    "no object": (JSON, b"[1, 2]"),
    **{f"the type of {value}": (JSON, field("username", value)) for value in ("null", "5", "[]", "{}", "true")},
    "a long password": (JSON, field("password", '"' + "x" * 60_000 + '"')),
    "a password of accents": (JSON, field("password", '"' + "e\u0301" * 20_000 + '"')),
}

PATHS = (
    ("POST", "/login"),
    ("POST", "/register"),
    ("POST", "/account/password"),
    ("POST", "/api/v1/users"),
    ("POST", "/api/v1/sessions"),
    ("PUT", "/api/v1/me/password"),
    ("PUT", "/api/v1/me/email"),
    ("DELETE", "/api/v1/me"),
    ("POST", "/api/v1/passwords"),
)


async def longest_gap(stop: asyncio.Event) -> float:
    """The most CPU time that the event loop's thread has spent without a break, whatever else the machine did."""
    longest, last = 0.0, thread_time()
    while not stop.is_set():
        await asyncio.sleep(0)
        longest, last = max(longest, thread_time() - last), thread_time()
    return longest


@pytest.mark.check(24)
async def test_hostile_bodies(app: Application, visitor: Visitor, tally: Tally) -> None:
    """Each body gets a 4xx, or the form with an error, and does not block other requests."""
    await visitor.register()
    await visitor.login()
    token = (await visitor.get("/account")).token
    slowest = 0.0
    for name, (kind, body) in BODIES.items():
        for method, path in PATHS:
            headers = {"Content-Type": kind, "X-CSRFToken": token}
            gap = LONGEST_GAP
            for _ in range(3):  # as the machine may have had something else to do
                if gap >= LONGEST_GAP:
                    stop = asyncio.Event()
                    watch = asyncio.create_task(longest_gap(stop))
                    await asyncio.sleep(0)
                    answer = await visitor.client.open(path, method=method, data=body, headers=headers)
                    stop.set()
                    gap = await watch
                    fine = answer.status_code in (200, 302) or 400 <= answer.status_code < 500
                    tally.count(fine, f"{name} to {path}: {answer.status_code}")
            tally.count(gap < LONGEST_GAP, f"{name} to {path}: blocked the event loop for {gap:.2f} s")
            slowest = max(slowest, gap)
    tally.count(await visitor.is_in(), "the user was logged out")
    tally.note(f"longest gap {slowest * 1000:.0f} ms")
