"""Rotating the secret key while users are logged in, on two hosts that restart one after the other.

tests/serving/test_key_rotation.py does it with processes.
"""

from __future__ import annotations

import asyncio

import pytest

from quart_app.settings import Settings
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.hosts import at, host
from tests.checks.tally import Tally

OLD, NEW = "the key of last year", "the key of this year"
STEPS = {
    "accept the new key": ((OLD,), (OLD, NEW)),
    "sign with the new key": ((OLD, NEW), (NEW, OLD)),
    "drop the old key": ((NEW, OLD), (NEW,)),
}


@pytest.mark.check(16)
async def test_nobody_notices_a_new_key(settings: Settings, times: int, tally: Tally) -> None:
    """At each step both hosts accept all sessions and remember cookies; a dropped key is accepted nowhere."""
    number = times
    async with host(settings, OLD) as before:
        await Visitor(before).register()
        sessions, remembered = [], []
        for _ in range(number):
            visitor = Visitor(before)
            await visitor.login(remember=True)
            sessions.append(visitor.copy("session"))
            remembered.append(visitor.copy("remember_token"))
    for step, keys in STEPS.items():
        async with host(settings, *keys[0]) as one, host(settings, *keys[1]) as other:
            for server in (one, other):
                for each in (*sessions, *remembered):
                    old = keys[1] == (NEW,) and server is other
                    tally.count(await at(server, each).is_in() is not old, step)
            # In service everybody comes by between two steps, or logs in anew.
            here = Visitor(one)
            await here.login(password=PASSWORD)
            tally.count(await at(other, here).is_in(), f"{step}: a new login at the other host")
            there = Visitor(other)
            await there.login(password=PASSWORD)
            tally.count(await at(one, there).is_in(), f"{step}: a new login of the other host")
            await asyncio.gather(*one.background_tasks, *other.background_tasks)
