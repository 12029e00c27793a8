"""What people do, again and again, and what they must be answered: anything else is an error."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from random import Random
from typing import Any

from benchmarks.load.accounts import PASSWORD, account_name
from benchmarks.services.websocket import Closed, Refused, connect

from .browser import Answer, Browser

_API = "/api/v1"
_JSON = {"Content-Type": "application/json"}
_SPACES = re.compile(r"\s+")
_REMEMBER = 1 / 3
_VISITS = 6  # things that are done between logging in and logging out
_STAY = 5.0  # seconds that a websocket is watched at most

#: Does one thing when it is its turn, and counts how long it took, by its name.
Timed = Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[Any]]


class WrongAnswer(Exception):
    """An answer that should have been another one."""


class Person:
    """One account, used by no other person of the load, and its browser.

    Arguments:
        number: of the account.
        address: of the server.
        timed: how what is done is counted.
    """

    def __init__(self, number: int, address: str, timed: Timed) -> None:
        self._name = account_name(number)
        self._address = address
        self._browser = Browser(address)
        self._timed = timed
        self._random = Random(number)
        self._is_remembered = False

    async def live(self) -> None:
        """Come, look around, and go: once."""
        await self._log_in()
        things = self._random.choices(
            [self._see_home, self._see_account, self._ask_api, self._watch, self._use_token, self._come_back],
            weights=[8, 3, 4, 2, 2, 1],
            k=_VISITS,
        )
        for thing in things:
            await thing()
        await self._log_out()

    def start_over(self) -> None:
        """Forget everything, after something went wrong."""
        self._browser.hang_up()
        self._browser = Browser(self._address)

    def leave(self) -> None:
        """Close the connection."""
        self._browser.hang_up()

    async def _log_in(self) -> None:
        page = await self._page("login page", "/login")
        fields = {"csrf_token": page.token, "username": self._name, "password": PASSWORD}
        self._is_remembered = self._random.random() < _REMEMBER
        if self._is_remembered:
            fields["remember_me"] = "y"
        answer = await self._timed("log in", lambda: self._browser.submit("/login", fields))
        _expect(answer, 302, answer.location == "/index")

    async def _see_home(self) -> None:
        page = await self._page("home", "/index")
        _expect(page, 200, f"Hi, {self._name}!" in page.text)

    async def _see_account(self) -> None:
        page = await self._page("account", "/account")
        _expect(page, 200, self._name in page.text)

    async def _ask_api(self) -> None:
        answer = await self._page("API", f"{_API}/me")
        _expect(answer, 200, json.loads(answer.text)["username"] == self._name)

    async def _come_back(self) -> None:
        """Close the browser; a remembered user is logged in by the next page."""
        if self._is_remembered:
            self._browser.cookies.pop("session", None)
        await self._see_home()

    async def _watch(self) -> None:
        """Open the websocket, wait for its first message, and stay for a while."""
        headers = {**self._browser.headers, "Origin": self._address}
        del headers["Host"]

        async with AsyncExitStack() as stack:

            async def open_and_read() -> str:
                socket = await stack.enter_async_context(connect(f"{self._address}/live/ws", headers))
                return await socket.receive()

            people: str = await self._timed("websocket", open_and_read)
            if self._name not in people:
                raise WrongAnswer(f"not among {people[:200]}")
            await asyncio.sleep(self._random.uniform(0, _STAY))

    async def _use_token(self) -> None:
        """Get a bearer token, use it, end all other logins by the browser, and be refused with it."""
        content = json.dumps({"username": self._name, "password": PASSWORD, "kind": "bearer"}).encode()
        program = Browser(self._address)
        try:
            answer = await self._timed("get a token", lambda: program.ask("POST", f"{_API}/sessions", content, _JSON))
            _expect(answer, 201)
            token = {"Authorization": f"Bearer {json.loads(answer.text)['token']}"}
            answer = await self._timed("API by token", lambda: program.get(f"{_API}/me", **token))
            _expect(answer, 200, json.loads(answer.text)["username"] == self._name)
            revoke = {"Origin": self._address}
            answer = await self._timed("revoke", lambda: self._browser.ask("DELETE", f"{_API}/sessions", b"", revoke))
            _expect(answer, 204)
            _expect(await self._timed("revoked token", lambda: program.get(f"{_API}/me", **token)), 401)
        finally:
            program.hang_up()

    async def _log_out(self) -> None:
        copy = dict(self._browser.cookies)
        page = await self._page("home", "/index")
        answer = await self._timed("log out", lambda: self._browser.submit("/logout", {"csrf_token": page.token}))
        _expect(answer, 302)
        thief = Browser(self._address, copy)
        try:
            answer = await self._timed("copied cookies", lambda: thief.get("/index"))
            _expect(answer, 302, answer.location.startswith("/login"))
        finally:
            thief.hang_up()

    async def _page(self, name: str, path: str) -> Answer:
        answer: Answer = await self._timed(name, lambda: self._browser.get(path))
        _expect(answer, 200)
        return answer


#: The errors that an action may raise.
FAULTS = (OSError, EOFError, TimeoutError, ValueError, KeyError, WrongAnswer, Refused, Closed)


def _expect(answer: Answer, status: int, holds: bool = True) -> None:
    if answer.status != status or not holds:
        raise WrongAnswer(f"{answer.status} {answer.location} {_SPACES.sub(' ', answer.text)[:100]}")
