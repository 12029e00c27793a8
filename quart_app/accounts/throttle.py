"""How often passwords may be guessed.

What is counted at login is not accounts but what is entered: a name, whether somebody has it or not. So nobody learns
from a refusal which names exist, or which name and address belong together. An account has these two, hence twice the
attempts. Under counts of their own, out of reach of strangers, guess the browsers that have logged in before (see
``devices``) and the logins that are to be confirmed.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal
from weakref import WeakValueDictionary

from werkzeug.exceptions import TooManyRequests

from quart_app import clock
from quart_app.application import this_app

from .attempts import clear_attempts, count_attempt, discount_attempt, forget_attempts
from .passwords import PasswordsBusy

_CLEAR_EVERY = timedelta(minutes=1)
_AT_ONCE = 2  # attempts under one key, in one worker: all that are under way are counted as failed until they are not
_PATIENCE = 5.0  # seconds to wait for one's turn


class TooManyAttempts(TooManyRequests):
    """The password was not looked at, as too many others were wrong: 429, and how many seconds until it will be."""

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(seconds / 60)
        when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        super().__init__(f"Too many attempts have failed. Try again {when}.", retry_after=seconds)


class Throttle:
    """Checks passwords, unless too many have failed.

    Arguments:
        limit: how many may fail in a row,
        window: and how long until they are forgotten, from the first one.
    """

    def __init__(self, *, limit: int, window: timedelta) -> None:
        self._limit = limit
        self._window = window
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._cleared_at = datetime.min.replace(tzinfo=UTC)

    async def check(self, key: str, is_right: Callable[[], Awaitable[bool]]) -> bool:
        """Whether a password is right; one that is makes up for all that failed under its key.

        An attempt is counted before it is made: of many at once, no more are made than one after the other.

        Raises:
            TooManyAttempts: nothing was checked.
            PasswordsBusy: nothing was checked, and nothing is counted.
        """
        async with self._turn(key):
            this_app.passwords.refuse_if_full()  # in a storm, it is those who are refused that are many
            now = clock.now()
            attempt = await count_attempt(key, now=now, window=self._window)
            self._clear_now_and_then(now)
            if attempt.number > self._limit:
                raise TooManyAttempts(attempt.ends_at - now)
            try:
                right = await is_right()
            except PasswordsBusy:
                await discount_attempt(key)
                raise
            if right:
                await forget_attempts(key)
            return right

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[None]:
        """Wait in line, so that many who enter the right password at once do not keep each other out.

        And who guesses one name as fast as possible does not take all the places where passwords are hashed.
        """
        turns = self._turns.setdefault(key, asyncio.Semaphore(min(_AT_ONCE, self._limit)))
        try:
            async with asyncio.timeout(_PATIENCE):
                await turns.acquire()
        except TimeoutError:
            raise PasswordsBusy from None
        try:
            yield
        finally:
            turns.release()

    def _clear_now_and_then(self, now: datetime) -> None:
        if now - self._cleared_at >= _CLEAR_EVERY:
            self._cleared_at = now
            this_app.add_background_task(clear_attempts, now)


def attempts_key(kind: Literal["name", "device", "session", "user"], value: str) -> str:
    """What attempts are counted by: a hash that nobody can try names on without the secret key."""
    secret = str(this_app.secret_key).encode()
    return hmac.digest(secret, f"{kind}:{value}".encode("utf-8", "surrogatepass"), "sha256").hex()
