"""The readiness check: whether the database and Redis answer. A result is reused for a second, as probes are frequent.

Without the database the application is not ready; a busy database still counts as answering. Without Redis it is ready,
but reports it, because Redis is needed only to share state between workers.
"""

from __future__ import annotations

import logging
from asyncio import Lock, gather, timeout
from time import monotonic
from typing import NamedTuple

from quart_app.database import Database, DatabaseUnavailable

from .logs import get_logger

_PROBE_TIMEOUT = 1.0  # seconds for the database, or Redis, to answer
_OK = "ok"
_MAX_AGE = 1.0  # seconds for which a report is reused

_log = get_logger("quart_app.health")


class Report(NamedTuple):
    """The result of a check."""

    is_ready: bool
    parts: dict[str, str]

    def log(self) -> None:
        """Log that the result has changed to this one."""
        if not self.is_ready:
            level, event = logging.ERROR, "not ready: /readyz is 503 now"
        elif set(self.parts.values()) == {_OK}:
            level, event = logging.INFO, "ready again"
        else:
            level, event = logging.WARNING, "ready, but not everything answers"
        _log.log(level, event, **self.parts)


class Readiness:
    """Checks the database and Redis, one check at a time and at most once a second.

    Arguments:
        database: needed for everything.
        redis_url: None if there is no Redis.
    """

    def __init__(self, database: Database, redis_url: str | None) -> None:
        self._database = database
        self._redis_url = redis_url
        self._one_at_a_time = Lock()
        self._last: Report | None = None
        self._until = 0.0

    async def report(self) -> Report:
        """A report that is less than a second old."""
        async with self._one_at_a_time:
            if self._last is None or monotonic() >= self._until:
                report = await self._check()
                if self._last is not None and report != self._last:
                    report.log()
                self._last = report
                self._until = monotonic() + _MAX_AGE
            return self._last

    async def _check(self) -> Report:
        if self._redis_url is None:
            database = await self._ask_database()
            parts = {"database": _in_words(database)}
        else:
            database, redis = await gather(self._ask_database(), _ask_redis(self._redis_url))
            parts = {"database": _in_words(database), "redis": _in_words(redis)}
        return Report(is_ready=database, parts=parts)

    async def _ask_database(self) -> bool:
        try:
            async with timeout(_PROBE_TIMEOUT):
                await self._database.ping()
        except (DatabaseUnavailable, TimeoutError):
            return False
        return True


async def _ask_redis(url: str) -> bool:
    from redis.asyncio import Redis  # the library is optional
    from redis.exceptions import RedisError

    try:
        async with timeout(_PROBE_TIMEOUT), Redis.from_url(url) as redis:
            await redis.ping()
    except (RedisError, OSError, TimeoutError):
        return False
    return True


def _in_words(answers: bool) -> str:
    return _OK if answers else "does not answer"
