"""Password guessing through every form and API operation."""

from __future__ import annotations

import pytest

from quart_app.settings import Settings
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.hosts import host
from tests.checks.tally import Tally

GUESSES = 120  # NIST allows a hundred failures in a row
DISGUISES = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Remote-Addr", "User-Agent", "X-Client-IP")


@pytest.mark.check(21)
async def test_guessing(settings: Settings, tally: Tally) -> None:
    """Of 120 guesses, over two workers and a restart, with any forged header, only a few are verified."""
    async with host(settings) as one, host(settings) as other:
        for name in ("susan", "bob"):
            await Visitor(one).register(name, email=f"{name}@example.com")
        looked_at = 0
        for guess in range(GUESSES):
            async_host = (one, other)[guess % 2]
            name = ("susan", "SUSAN", " susan ", "susan@example.com")[guess % 4]
            disguise = dict.fromkeys(DISGUISES, f"203.0.113.{guess}")  # all at once: each is another client, if any is
            answer = await guessed(Visitor(async_host), name, disguise)
            looked_at += answer != 429
        tally.count(looked_at <= 100, f"{looked_at} guesses were looked at")
        tally.note(f"{looked_at} of {GUESSES} guesses looked at")
    async with host(settings) as restarted:
        for name in ("susan", "susan@example.com"):
            tally.count(await guessed(Visitor(restarted), name, {}) == 429, f"{name} after a restart")
        tally.count((await Visitor(restarted).login("susan")).status == 429, "the right password, too")
        tally.count((await Visitor(restarted).login("bob")).location == "/index", "another account")


async def guessed(visitor: Visitor, name: str, headers: dict[str, str]) -> int:
    """The response to a wrong password."""
    token = (await visitor.get("/login")).token
    fields = {"csrf_token": token, "username": name, "password": f"not {PASSWORD}"}
    return (await visitor.post("/login", fields, headers)).status
