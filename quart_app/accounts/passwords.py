"""Hashing passwords, which is slow on purpose, without anybody else having to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar, TypeVarTuple

from werkzeug.security import check_password_hash, generate_password_hash

from quart_app.operation.metrics import Metrics

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

PASSWORD_MIN = 8
PASSWORD_MAX = 256
"""Nobody remembers more; hashing what a stranger sends must have an end."""


class PasswordHasher:
    """Werkzeug's password hashes, made in a few threads of their own.

    Hashed on the event loop, sixteen logins would stop everybody for seconds; in the loop's default pool of
    threads they would take gigabytes, and each thread from those who wait for files and names. OpenSSL lets go
    of the interpreter's lock while it hashes.

    Arguments:
        method: Werkzeug's name for the algorithm and its parameters.
        threads: how many passwords are hashed at once; the others wait in line.
        metrics: where the line, and the time a hash takes, are counted.
    """

    def __init__(self, method: str, *, threads: int, metrics: Metrics | None = None) -> None:
        self._method = method
        metrics = metrics or Metrics()
        self._waiting, self._seconds = metrics.password_hashes_waiting, metrics.password_hash_seconds
        self._size = threads
        self._threads = self._new_threads()

    async def hash(self, password: str) -> str:
        """The text to store for this password: method, salt and hash."""
        return await self._in_thread(self._hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password that was stored.

        One hash is computed in any case, also if there is nothing to compare with: the time an answer takes
        must not tell whether an account exists.

        Arguments:
            stored: what :meth:`hash` gave; None if there is no such user, or one without password.
            password: what was entered.
        """
        return await self._in_thread(self._verify, stored, password)

    async def close(self) -> None:
        """End the threads, once they have finished what is waiting. The next password starts new ones."""
        self._threads.shutdown(wait=False)
        self._threads = self._new_threads()

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=self._size, thread_name_prefix="passwords")

    async def _in_thread(self, function: Callable[[*Args], Result], *args: *Args) -> Result:
        self._waiting.inc()
        future = self._threads.submit(self._timed, partial(function, *args))
        future.add_done_callback(self._leave_line)
        return await asyncio.wrap_future(future)

    def _leave_line(self, future: Future[Result]) -> None:
        if future.cancelled():  # its client went away before its turn came
            self._waiting.dec()

    def _timed(self, function: Callable[[], Result]) -> Result:
        self._waiting.dec()
        with self._seconds.time():
            return function()

    def _hash(self, password: str) -> str:
        return generate_password_hash(password, self._method)

    def _verify(self, stored: str | None, password: str) -> bool:
        # What is no hash, no password matches. Werkzeug notices by an error, or before it has hashed anything.
        if stored is not None and stored.isascii() and stored.count("$") >= 2:
            with suppress(ValueError, OverflowError):
                return check_password_hash(stored, password)
        self._hash(password)
        return False
