"""Password hashing, which is slow on purpose, in threads and with a bounded queue."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from math import ceil
from threading import Semaphore
from typing import TypeVar, TypeVarTuple

from werkzeug.exceptions import ServiceUnavailable
from werkzeug.security import check_password_hash, generate_password_hash

from quart_app import waiting_time
from quart_app.errors.problems import PASSWORDS_BUSY, TypedError
from quart_app.extension import Extension
from quart_app.foreign_hashes import ForeignHashes, scheme_of
from quart_app.models.user import User
from quart_app.operation.metrics import Metrics

from .password_rules import normalize_password

#: Added to the niceness of the server. Hashes get the CPU time that the event loop leaves, which is most of a core.
#: With a higher one they would not end in time where other programs take the cores: at 15 a thread gets 3 % of what
#: another program gets, at 5 a third.
_NICENESS = 5

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

_HASH = re.compile(r"(scrypt|pbkdf2)(:\w+)*\$[^$]+\$[0-9a-f]+", re.ASCII)
_NO_PASSWORD = ""  # hashed only to take as long as a real password

DATABASE_SHARE = 0.5
"""Seconds of the waiting time of a request that a password leaves to the database, which is asked afterwards."""
HASH_TIMEOUT = 1.0
"""Seconds for which a request whose waiting time is over goes on waiting for a hash that has begun."""


class PasswordsBusy(TypedError, ServiceUnavailable):
    """The queue for hashing is full, or did not move in time: 503, and this password was not checked.

    Whatever waits now has been answered after the waiting time of a request, so that is when to try again.
    """

    kind = PASSWORDS_BUSY

    def __init__(self) -> None:
        super().__init__(
            "Too many passwords are being checked. Nothing was changed; try again.",
            retry_after=ceil(waiting_time.seconds_in_all()),
        )


class PasswordHasher:
    """Werkzeug's password hashes, made in a few threads of their own.

    On the event loop, sixteen logins would block all requests for seconds. In the loop's default thread pool they
    would use gigabytes of memory, and leave no threads for file and DNS operations. OpenSSL releases the GIL while it
    hashes.

    Passwords are normalized first, by :func:`~quart_app.accounts.password_rules.normalize_password`.

    Arguments:
        method: Werkzeug's name for the algorithm, with all parameters.
        threads: how many passwords are hashed at once.
        queue: how many passwords may wait; further ones are refused at once.
        metrics: measures the length of the queue and the time of a hash.
        refused: passwords that are right for nobody, whatever is stored.
        foreign: the hashes of other libraries that are accepted; none by default.
    """

    def __init__(
        self,
        method: str,
        *,
        threads: int,
        queue: int,
        metrics: Metrics | None = None,
        refused: Collection[str] = (),
        foreign: ForeignHashes | None = None,
    ) -> None:
        self._method = method
        self._refused = frozenset(refused)
        self._foreign = foreign or ForeignHashes()
        self._metrics = metrics or Metrics()
        self._thread_count = threads
        self.size = threads + queue  #: passwords that are hashed or wait
        self._places = Semaphore(self.size)
        self._threads = self._new_threads()

    async def hash(self, password: str) -> str:
        """The text to store for this password: method, salt and hash.

        Raises:
            PasswordsBusy: the queue is full, or does not move.
        """
        return await self._in_thread(self._hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password that was stored.

        One hash is computed in any case, even if there is nothing to compare with: the response time must not tell
        whether an account exists. If an old hash takes less time, a wrong password is hashed for the rest. If the hash
        of another library does not match, one of ours is computed as well, as for an unknown user.

        Arguments:
            stored: the result of :meth:`hash`; None if the user does not exist, or has no password.
            password: what was entered.

        Raises:
            PasswordsBusy: the queue is full, or does not move.
        """
        return await self._in_thread(self._verify, stored, password)

    def refuses(self, password: str) -> bool:
        """Whether this password is right for nobody."""
        return normalize_password(password) in self._refused

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue, for a password that has to wait for something else before it is hashed.

        Leave the block and hash without awaiting anything in between, and the place is still free.

        Raises:
            PasswordsBusy: the queue is full.
        """
        if not self._places.acquire(blocking=False):
            raise PasswordsBusy
        try:
            yield
        finally:
            self._places.release()

    def is_hash(self, stored: str) -> bool:
        """Whether a text has the form of a password hash that is accepted."""
        return _HASH.fullmatch(stored) is not None or self._foreign.reads(stored)

    def is_outdated(self, stored: str | None) -> bool:
        """Whether a hash, if there is one, was made with another method, or other parameters, than the current ones."""
        return stored is not None and not stored.startswith(f"{self._method}$")

    async def close(self) -> None:
        """End the threads, after they have finished the queue. The next password starts new ones."""
        self._threads.shutdown(wait=False)
        self._threads = self._new_threads()

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._thread_count, thread_name_prefix="passwords", initializer=_lower_priority)

    async def _in_thread(self, function: Callable[[*Args], Result], *args: *Args) -> Result:
        # One hash of a request may outlast its waiting time, by HASH_TIMEOUT, and no second one.
        if waiting_time.seconds_left() <= DATABASE_SHARE or not self._places.acquire(blocking=False):
            raise PasswordsBusy
        self._metrics.password_hashes_waiting.inc()
        hashing = self._threads.submit(self._timed, partial(function, *args))
        # The place is released when the hash ends, not when the request ends: a client that disconnects leaves the
        # queue at once, but a hash that has begun keeps its thread until it is done.
        hashing.add_done_callback(self._leave)
        hashed = asyncio.wrap_future(hashing)
        try:
            async with waiting_time.Waiting(keep=DATABASE_SHARE):
                await asyncio.wait([hashed])
        except asyncio.CancelledError:
            hashing.cancel()
            raise
        except TimeoutError:
            if not hashing.cancel():
                await asyncio.wait([hashed], timeout=HASH_TIMEOUT)
            if not hashed.done() or hashed.cancelled():
                hashed.cancel()
                raise PasswordsBusy from None
        return await hashed

    def _leave(self, hashing: Future[Result]) -> None:
        self._places.release()
        if hashing.cancelled():
            self._metrics.password_hashes_waiting.dec()

    def _timed(self, function: Callable[[], Result]) -> Result:
        self._metrics.password_hashes_waiting.dec()
        with self._metrics.password_hash_seconds.time():
            return function()

    def _hash(self, password: str) -> str:
        return generate_password_hash(normalize_password(password), self._method)

    def _verify(self, stored: str | None, password: str) -> bool:
        if self.refuses(password):
            stored = None  # hashed like that of no user: a weak hash of it would be right in less time
        if stored is not None and self._foreign.reads(stored):
            if self._foreign.verify(stored, password):
                return True
            self._hash(_NO_PASSWORD)
            return False
        # No password matches a damaged hash. Werkzeug raises an error, or returns before it has hashed anything.
        # It also raises an error for a password with a lone surrogate, which JSON can contain.
        if stored is not None and stored.isascii() and stored.count("$") >= 2:
            with suppress(ValueError, OverflowError):
                if check_password_hash(stored, normalize_password(password)):
                    return True
                if rest := _missing_work(stored.partition("$")[0], self._method):
                    generate_password_hash(_NO_PASSWORD, rest)
                return False
        self._hash(_NO_PASSWORD)
        return False


def _missing_work(done: str, method: str) -> str | None:
    """The method of a hash that takes the rest of the time of *method*, after a hash by *done*; None if there is none.

    The last parameter of scrypt and PBKDF2 is the number of repetitions. Methods that differ in other parameters cannot
    be compared: then it is the whole method, because a slow response reveals less than a fast one.
    """
    *kind, repeats = method.split(":")
    *kind_done, repeats_done = done.split(":")
    if kind_done != kind:
        return method
    missing = int(repeats) - int(repeats_done)
    return ":".join([*kind, str(missing)]) if missing > 0 else None


def _lower_priority() -> None:
    """Lower the priority of this thread, for the sake of the event loop. On Linux each thread has a niceness."""
    if sys.platform == "linux":
        with suppress(OSError):  # where that is forbidden, hashes have the same priority
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)


current_password_hasher = Extension[PasswordHasher]("quart_app.passwords")
"""Accessor of the current application's password hasher."""


async def set_password(user: User, password: str) -> None:
    """Set the password hash of *user*; the caller saves the user.

    Raises:
        PasswordsBusy: nothing was hashed.
    """
    user.password_hash = await current_password_hasher().hash(password)


async def check_password(user: User | None, password: str) -> bool:
    """Whether this is the password of *user*. Takes as long as hashing does, whatever the result, and without a user.

    Raises:
        PasswordsBusy: nothing was checked.
    """
    return await current_password_hasher().verify(None if user is None else user.password_hash, password)


def has_damaged_hash(user: User) -> bool:
    """Whether the stored hash is damaged, so that no password can be right."""
    return user.password_hash is not None and not current_password_hasher().is_hash(user.password_hash)


def foreign_scheme(user: User) -> str | None:
    """The scheme of another library that the stored hash seems to be of, for the log."""
    return None if user.password_hash is None else scheme_of(user.password_hash)
