"""The counts of network addresses of one worker, in its memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from quart_rate_limiter import RateLimit
from quart_rate_limiter.store import RateLimiterStoreABC

_SWEEP_FROM = 10_000


class LocalStore(RateLimiterStoreABC):
    """The theoretical arrival time of each key, while it is to come; the library's own store keeps all forever."""

    def __init__(self) -> None:
        self._times: dict[str, datetime] = {}
        self._sweep_at = _SWEEP_FROM

    async def before_serving(self) -> None:
        """Nothing to prepare."""

    async def get(self, key: str, default: datetime) -> datetime:
        """The time of a key, or the default."""
        return self._times.get(key, default)

    async def set(self, key: str, tat: datetime) -> None:
        """Keep the time of a key; drop those that have passed whenever there are twice as many as were left."""
        self._times[key] = tat
        if len(self._times) > self._sweep_at:
            now = datetime.now(UTC)
            self._times = {key: time for key, time in self._times.items() if time > now}
            self._sweep_at = max(_SWEEP_FROM, 2 * len(self._times))

    async def take(self, key: str, limit: RateLimit) -> float:
        """Count one more for a key, if that is within the limit; else say in how many seconds it will be.

        Nothing in it waits for anything, so of many at once no more are counted than one after the other.
        No time is later than the period from now, unless the clock has been set back.
        """
        now = datetime.now(UTC)
        tat = max(min(await self.get(key, now), now + limit.period), now)
        wait = (tat - now - limit.period).total_seconds() + limit.inverse
        if wait > 0:
            return wait
        await self.set(key, tat + timedelta(seconds=limit.inverse))
        return 0.0

    async def after_serving(self) -> None:
        """Nothing to close."""
