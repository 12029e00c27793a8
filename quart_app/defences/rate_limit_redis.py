"""The store of counts in Redis, for all workers and hosts."""

from __future__ import annotations

from collections.abc import Awaitable
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from quart_app.operation.guarded_logger import GuardedLogger
from quart_app.waiting_time import Waiting, seconds_left

from .rate import Outcome, Rate

_ANSWER_TIMEOUT = 0.25
"""Seconds in which Redis has to connect, and to answer each command."""

COUNT_TIMEOUT = 0.5
"""Seconds for all steps of one count: connecting and logging in, the script, and its text if Redis has lost it."""

_PAUSE = 10.0
"""Seconds in which Redis is not asked after it has failed."""

# GCRA, as in rate.py, in Redis: it runs a script as one step and by its own clock, so workers neither come
# between each other nor need the same time. A key holds when its allowance is full again, in seconds since 1970. No
# such time is later than a period from now, unless the clock of Redis was set back.
# KEYS: the key. ARGV: period and interval of the rate, in seconds. Returns wait and backlog of the outcome.
_TAKE = """
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds + micros / 1e6
local period, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local backlog = math.max(math.min(tonumber(redis.call('GET', KEYS[1]) or 0) - now, period), 0)
local wait = backlog + interval - period
if wait > 1e-6 then return {tostring(wait), tostring(backlog)} end
backlog = backlog + interval
redis.call('SET', KEYS[1], string.format('%.6f', now + backlog), 'EXAT', math.ceil(now + backlog + 1))
return {'0', tostring(backlog)}
"""

# Moves the time of the full allowance back. KEYS: the key. ARGV: by how many seconds.
_GIVE_BACK = """
local seconds, micros = unpack(redis.call('TIME'))
local full_at = tonumber(redis.call('GET', KEYS[1]) or 0) - tonumber(ARGV[1])
if full_at <= seconds + micros / 1e6 then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'EXAT', math.ceil(full_at + 1))
return 0
"""

_log = GuardedLogger("quart_app.rate_limits")


class SharedStore:
    """When each key will have its full allowance again; Redis forgets it after that.

    If Redis is down, nothing is counted and no address is limited; failed attempts on an account are still counted in
    the database. A warning is logged, and Redis is not tried again for some seconds.

    Arguments:
        url: the URL of Redis, such as ``redis://localhost/0``.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=_ANSWER_TIMEOUT,
            socket_connect_timeout=_ANSWER_TIMEOUT,
            retry=Retry(NoBackoff(), 0),  # redis-py's default tries three times, with pauses
        )
        self._take = self._redis.register_script(_TAKE)
        self._give_back = self._redis.register_script(_GIVE_BACK)
        self._paused_until = 0.0

    async def take(self, key: str, rate: Rate) -> Outcome | None:
        """Count one request for *key* if the rate allows it, in one round trip.

        Returns:
            None if Redis is down, or was a moment ago, or the waiting time of this request is nearly over.
        """
        answer = await self._run(self._take, key, rate.period, rate.interval)
        return None if answer is None else Outcome(rate, *map(float, answer))

    async def give_back(self, key: str, seconds: float) -> None:
        """Let *key* have its full allowance that much earlier, unless Redis is down."""
        await self._run(self._give_back, key, seconds)

    async def _run(self, script: AsyncScript, key: str, *arguments: float) -> Any:
        """The answer of a script for a key; None if Redis is down, or was a moment ago, or there is no time for it."""
        # A request that has waited for the database, for example, must not make Redis look as if it did not answer.
        if monotonic() < self._paused_until or seconds_left() < COUNT_TIMEOUT:
            return None
        answer: Awaitable[Any] = script(keys=[key], args=arguments)
        try:
            async with Waiting(COUNT_TIMEOUT):
                return await answer
        except (RedisError, OSError) as error:
            self._paused_until = monotonic() + _PAUSE
            _log.warning("Redis does not answer, so the limits of network addresses are off until it does: %s", error)
            return None

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()
