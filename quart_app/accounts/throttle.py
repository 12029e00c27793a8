"""How often passwords may be guessed (OWASP, Authentication Cheat Sheet: login throttling).

Attempts are counted by the entered name, whether an account has it or not. So a refusal reveals neither which names
exist, nor which username and email address belong together. An account has both, hence twice the attempts. Two kinds
of attempts have counts of their own, which an attacker cannot use up: those of browsers that have logged in before
(see ``devices``), and those that confirm the password of a login.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from math import ceil
from typing import Literal
from weakref import WeakValueDictionary

from quart import current_app

from quart_app import clock, waiting_time
from quart_app.errors.problems import ATTEMPTS_USED_UP, LOGINS_AT_ONCE, LimitReached
from quart_app.extension import Extension

from .attempts import AttemptCounter
from .passwords import DATABASE_SHARE, PasswordHasher, PasswordsBusy

_CLEAR_INTERVAL = timedelta(minutes=1)
_CONCURRENT_ATTEMPTS = 2  # for one key, in one worker: each counts as failed until it has succeeded


class TooManyAttempts(LimitReached):
    """Too many attempts have failed, so the password was not checked: 429, with the seconds to wait."""

    def __init__(self, wait: timedelta, limit: int) -> None:
        seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(seconds / 60)
        when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        description = f"Too many attempts have failed. Try again {when}."
        super().__init__(ATTEMPTS_USED_UP, description, retry_after=seconds, limit=limit)


class TooManyAtOnce(LimitReached):
    """Too many attempts for one key wait to be checked: 429, and nothing was checked or counted.

    Those that wait now have been answered after the waiting time of a request, so that is when to try again.
    """

    def __init__(self) -> None:
        super().__init__(
            LOGINS_AT_ONCE,
            "Too many passwords are being checked for this account. Try again in a moment.",
            retry_after=ceil(waiting_time.seconds_in_all()),
        )


class _Attempts:
    """The attempts with one key that this worker has begun: some are checked, the others wait.

    Arguments:
        checked: how many may be checked at once.
        longest: how many there may be.
    """

    def __init__(self, checked: int, longest: int) -> None:
        self.limiter = asyncio.Semaphore(checked)
        self._free = longest

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Begin one more attempt, for as long as the block runs.

        Raises:
            TooManyAtOnce: there are too many.
        """
        if self._free <= 0:
            raise TooManyAtOnce
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


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
        hasher: checks passwords. Attempts that wait for others with the same key have a place in its queue, too, and
            those with one key at most half of all places: guesses at one account do not keep others out.
        limit: how many attempts may fail in a row.
        window: how long a count lasts, from its first attempt.
    """

    def __init__(self, attempts: AttemptCounter, hasher: PasswordHasher, *, limit: int, window: timedelta) -> None:
        self._attempts = attempts
        self._hasher = hasher
        self._limit = limit
        self._window = window
        self._running: WeakValueDictionary[str, _Attempts] = WeakValueDictionary()
        self._cleared_at = clock.now()

    @asynccontextmanager
    async def attempt(self, key: str) -> AsyncIterator[PasswordAttempt]:
        """Check one password in this block, and call ``succeed()`` if it is right.

        The attempt is counted before the block runs, so concurrent attempts cannot exceed the limit. A success deletes
        the count of the key; an attempt that ends with PasswordsBusy is not counted.

        Raises:
            TooManyAttempts: too many have failed; the block does not run.
            TooManyAtOnce: too many are waiting for this key; the block does not run, and nothing is counted.
            PasswordsBusy: the queue is full, or did not move in time; the block does not run, and nothing is counted.
        """
        with ExitStack() as place:
            place.enter_context(self._hasher.place())
            async with self._one_after_the_other(key):
                now = clock.now()
                counted = await self._attempts.count(key, now=now, window=self._window)
                if now - self._cleared_at >= _CLEAR_INTERVAL:
                    self._clear(now)
                if counted.number > self._limit:
                    raise TooManyAttempts(counted.ends_at - now, self._limit)
                attempt = PasswordAttempt()
                place.close()  # the hash takes it, and keeps it longer than a client that disconnects
                try:
                    yield attempt
                except PasswordsBusy:
                    # The answer must not wait for the database any more.
                    current_app.add_background_task(self._attempts.discount, key)
                    raise
                if attempt.has_succeeded:
                    await self._attempts.forget(key)

    @asynccontextmanager
    async def _one_after_the_other(self, key: str) -> AsyncIterator[None]:
        """Limit the concurrent attempts with one key.

        Otherwise several clients with the right password would lock each other out at the same time.
        """
        checked = min(_CONCURRENT_ATTEMPTS, self._limit)
        attempts = self._running.setdefault(key, _Attempts(checked, max(checked, self._hasher.size // 2)))
        with attempts.one_more():
            if attempts.limiter.locked():
                try:
                    async with waiting_time.Waiting(keep=DATABASE_SHARE):
                        await attempts.limiter.acquire()
                except TimeoutError:
                    raise PasswordsBusy from None
            else:
                await attempts.limiter.acquire()
            try:
                yield
            finally:
                attempts.limiter.release()

    def _clear(self, now: datetime) -> None:
        self._cleared_at = now
        current_app.add_background_task(self._attempts.clear, now)


current_throttle = Extension[Throttle]("quart_app.throttle")
"""Accessor of the current application's throttle."""


def attempts_key(kind: Literal["name", "device", "session", "user", "mail", "mails of"], value: str) -> str:
    """The key that attempts, or mails, are counted by: a keyed hash, which hides the name without the secret key."""
    secret = str(current_app.secret_key).encode()
    return hmac.digest(secret, f"{kind}:{value}".encode("utf-8", "surrogatepass"), "sha256").hex()
