"""How often passwords may be guessed (OWASP, Authentication Cheat Sheet: login throttling).

Attempts are counted by the entered name, whether an account has it or not. So a refusal reveals neither which names
exist, nor which username and email address belong together. An account has both, hence twice the attempts. Two kinds
of attempts have counts of their own, which an attacker cannot use up: those of browsers that have logged in before
(see ``devices``), and those that confirm the password of a login.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import ceil
from typing import Literal
from weakref import WeakValueDictionary

from quart import current_app
from werkzeug.exceptions import TooManyRequests

from quart_app import clock
from quart_app.extension import Extension

from .attempts import AttemptCounter
from .passwords import PasswordHasher, PasswordsBusy

_CLEAR_INTERVAL = timedelta(minutes=1)
_CONCURRENT_ATTEMPTS = 2  # for one key, in one worker: each counts as failed until it has succeeded
LOGIN_QUEUE_TIMEOUT = 5.0
"""Seconds that an attempt waits for other attempts with the same key."""


class TooManyAttempts(TooManyRequests):
    """Too many attempts have failed, so the password was not checked: 429, with the seconds to wait."""

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(seconds / 60)
        when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        super().__init__(f"Too many attempts have failed. Try again {when}.", retry_after=seconds)


class PasswordAttempt:
    """A running attempt. It counts as failed unless :meth:`succeed` is called."""

    has_succeeded = False

    def succeed(self) -> None:
        """Report that the password is right."""
        self.has_succeeded = True


class Throttle:
    """Limits how many attempts may fail for a key.

    Arguments:
        attempts: counts the attempts.
        hasher: checks passwords; an attempt is refused before it is counted while its queue is full.
        limit: how many attempts may fail in a row.
        window: how long a count lasts, from its first attempt.
    """

    def __init__(self, attempts: AttemptCounter, hasher: PasswordHasher, *, limit: int, window: timedelta) -> None:
        self._attempts = attempts
        self._hasher = hasher
        self._limit = limit
        self._window = window
        self._limiters: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._cleared_at = clock.now()

    @asynccontextmanager
    async def attempt(self, key: str) -> AsyncIterator[PasswordAttempt]:
        """Check one password in this block, and call ``succeed()`` if it is right.

        The attempt is counted before the block runs, so concurrent attempts cannot exceed the limit. A success deletes
        the count of the key; an attempt that ends with PasswordsBusy is not counted.

        Raises:
            TooManyAttempts: too many have failed; the block does not run.
            PasswordsBusy: the queue is full; the block does not run, and nothing is counted.
        """
        async with self._queued(key):
            self._hasher.refuse_if_full()
            now = clock.now()
            counted = await self._attempts.count(key, now=now, window=self._window)
            if now - self._cleared_at >= _CLEAR_INTERVAL:
                self._clear(now)
            if counted.number > self._limit:
                raise TooManyAttempts(counted.ends_at - now)
            attempt = PasswordAttempt()
            try:
                yield attempt
            except PasswordsBusy:
                await self._attempts.discount(key)
                raise
            if attempt.has_succeeded:
                await self._attempts.forget(key)

    @asynccontextmanager
    async def _queued(self, key: str) -> AsyncIterator[None]:
        """Limit the concurrent attempts with one key.

        Otherwise several clients with the right password would lock each other out at the same time, and a client that
        guesses the password of one name as fast as possible would fill the whole queue of the hasher.
        """
        limiter = self._limiters.setdefault(key, asyncio.Semaphore(min(_CONCURRENT_ATTEMPTS, self._limit)))
        try:
            async with asyncio.timeout(LOGIN_QUEUE_TIMEOUT):
                await limiter.acquire()
        except TimeoutError:
            raise PasswordsBusy from None
        try:
            yield
        finally:
            limiter.release()

    def _clear(self, now: datetime) -> None:
        self._cleared_at = now
        current_app.add_background_task(self._attempts.clear, now)


current_throttle = Extension[Throttle]("quart_app.throttle")
"""Accessor of the current application's throttle."""


def attempts_key(kind: Literal["name", "device", "session", "user"], value: str) -> str:
    """The key that attempts are counted by: a keyed hash, which hides the name without the secret key."""
    secret = str(current_app.secret_key).encode()
    return hmac.digest(secret, f"{kind}:{value}".encode("utf-8", "surrogatepass"), "sha256").hex()
