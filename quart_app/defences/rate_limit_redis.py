"""The counts of network addresses of all workers and hosts, in Redis."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from math import ceil
from time import monotonic
from typing import TypeVar

from quart import current_app
from quart_rate_limiter import RateLimit
from quart_rate_limiter.store import RateLimiterStoreABC
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

Answer = TypeVar("Answer")

_PATIENCE = 0.25  # seconds for an answer
_PAUSE = 10.0  # seconds without asking, after there was none

# Seconds to wait, or 0 and one more is counted. Redis runs it as one step, by its own clock, so workers neither come
# between each other nor disagree on the time. No time is later than the period from now, unless the clock was set back.
# The key; how long the limit is for, and how long each one takes of that.
_TAKE = """
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds + micros / 1e6
local tat = math.max(math.min(tonumber(redis.call('GET', KEYS[1]) or 0), now + ARGV[1]), now)
local wait = tat - now - ARGV[1] + ARGV[2]
if wait > 0 then return tostring(wait) end
tat = tat + ARGV[2]
redis.call('SET', KEYS[1], string.format('%.6f', tat), 'EXAT', math.ceil(tat + 1))
return '0'
"""


class SharedStore(RateLimiterStoreABC):
    """The theoretical arrival time of each key, while it is to come; the library's own store keeps all forever.

    Redis being down stops no login: nothing is limited by address then, and attempts on an account are counted in
    the database. It is said in the log, and Redis is left alone for some seconds.

    Arguments:
        url: where it is, such as ``redis://localhost/0``.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 0),  # three times by default, with pauses
        )
        self._take = self._redis.register_script(_TAKE)
        self._asks_from = 0.0

    async def before_serving(self) -> None:
        """Nothing to prepare: it connects when it is asked."""

    async def get(self, key: str, default: datetime) -> datetime:
        """The time of a key, or the default, also if Redis does not answer."""
        if monotonic() < self._asks_from:
            return default
        found = await self._unless_down(self._redis.get(key))
        return default if found is None else datetime.fromtimestamp(float(found), UTC)

    async def set(self, key: str, tat: datetime) -> None:
        """Keep the time of a key until it has come."""
        if monotonic() >= self._asks_from:
            until = ceil((tat + timedelta(seconds=1)).timestamp())
            await self._unless_down(self._redis.set(key, tat.timestamp(), exat=until))

    async def take(self, key: str, limit: RateLimit) -> float:
        """Count one more for a key, if that is within the limit; else say in how many seconds it will be.

        One round trip, and one step in Redis: of many at once no more are counted than one after the other.
        """
        if monotonic() < self._asks_from:
            return 0.0
        arguments = [limit.period.total_seconds(), limit.inverse]
        return float(await self._unless_down(self._take(keys=[key], args=arguments)) or 0)

    async def after_serving(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    async def _unless_down(self, asked: Awaitable[Answer]) -> Answer | None:
        try:
            return await asked
        except (RedisError, OSError) as error:
            self._asks_from = monotonic() + _PAUSE
            current_app.logger.warning("Redis does not answer, so no address is limited: %s", error)
            return None
