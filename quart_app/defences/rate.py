"""Rates, the rule by which requests are counted against them, and the counts in the memory of one worker.

The rule is the generic cell rate algorithm (GCRA). With a rate of three in a minute, three requests may come at once,
and then one every twenty seconds. The only state of a key is the time at which it has its full allowance again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil, floor
from time import monotonic
from typing import NamedTuple, Protocol

_SWEEP_FROM = 10_000
"""Keys."""
KEYS_MAX = 100_000
"""Keys that are kept at most, in about 25 MB: one client may have that many IPv6 networks."""

_ROUNDING = 1e-6
"""Seconds by which sums of floating-point times may be off."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests are allowed in a period.

    Arguments:
        count: the number of requests.
        period: in seconds.
    """

    count: int
    period: float

    @property
    def interval(self) -> float:
        """Seconds after which one more request is allowed."""
        return self.period / self.count

    @property
    def key(self) -> str:
        """A prefix of keys that tells this rate from others, in a store that outlives a release."""
        return f"{self.count}-{self.period}"


class Outcome(NamedTuple):
    """The decision about one request.

    Arguments:
        rate: the rate that it was counted against.
        wait: seconds until it would be allowed; 0.0 if it was counted.
        backlog: seconds until the full allowance is available again.
    """

    rate: Rate
    wait: float
    backlog: float

    @property
    def retry_after(self) -> int:
        """Whole seconds until one more request is allowed, for ``Retry-After``."""
        return max(ceil(self.backlog + self.rate.interval - self.rate.period - _ROUNDING), 0)

    def given_back(self, after: float) -> tuple[Outcome, float]:
        """The state if this request is given back, and how much that is (see :meth:`Store.give_back`).

        A request is counted as one interval, which passes after those of the requests before it. What has passed is
        gone: given back as well, it would be one more request for each client that is slow enough.

        Arguments:
            after: seconds that have passed since the request was counted.

        Returns:
            The outcome as of now, and the seconds to give back, at most one interval.
        """
        backlog = max(self.backlog - after, 0.0)
        seconds = min(backlog, self.rate.interval)
        return self._replace(backlog=backlog - seconds), seconds

    @property
    def headers(self) -> dict[str, str]:
        """``RateLimit-Limit``, ``-Remaining`` and ``-Reset`` (draft-ietf-httpapi-ratelimit-headers-03).

        The reset is when the full allowance is available again; if no request remains, it is when the next is allowed,
        as in ``Retry-After``.
        """
        remaining = max(floor((self.rate.period - self.backlog) / self.rate.interval + _ROUNDING), 0)
        return {
            "RateLimit-Limit": str(self.rate.count),
            "RateLimit-Remaining": str(remaining),
            "RateLimit-Reset": str(ceil(self.backlog - _ROUNDING) if remaining else self.retry_after),
        }


class Store(Protocol):
    """A store of counts."""

    async def take(self, key: str, rate: Rate) -> Outcome | None:
        """Count one request for *key* if the rate allows it: one step, so many at once count as one after another.

        Returns:
            None if the store is unavailable, and nothing was counted.
        """

    async def give_back(self, key: str, seconds: float) -> None:
        """Let *key* have its full allowance that much earlier: a counted request was none of those that are limited."""

    async def close(self) -> None:
        """Close the connections of the store."""


class LocalStore:
    """When each key will have its full allowance again, by the monotonic clock; forgotten after that.

    The keys are in the order of their last requests. Beyond :data:`KEYS_MAX` the first is forgotten early: its client
    gets its full allowance back, which is better than to refuse clients that have sent nothing yet.
    """

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._sweep_at = _SWEEP_FROM

    def __len__(self) -> int:
        """The number of stored keys, including expired ones."""
        return len(self._full_at)

    async def take(self, key: str, rate: Rate) -> Outcome:
        """Count one request for *key* if the rate allows it. Awaits nothing, so no other request runs in between."""
        now = monotonic()
        outcome = _count_one(max(self._full_at.get(key, now) - now, 0.0), rate)
        if not outcome.wait:
            self._full_at[key] = now + outcome.backlog
            self._full_at.move_to_end(key)
            self._sweep(now)
        return outcome

    async def give_back(self, key: str, seconds: float) -> None:
        """Let *key* have its full allowance that much earlier."""
        if key in self._full_at:
            self._full_at[key] -= seconds

    async def close(self) -> None:
        """Do nothing: the counts end with the worker."""

    def _sweep(self, now: float) -> None:
        """Forget what is over whenever there are twice as many keys as the last sweep has left."""
        if len(self._full_at) > self._sweep_at:
            self._full_at = OrderedDict((key, full_at) for key, full_at in self._full_at.items() if full_at > now)
            self._sweep_at = max(_SWEEP_FROM, 2 * len(self._full_at))
        if len(self._full_at) > KEYS_MAX:
            self._full_at.popitem(last=False)


def _count_one(backlog: float, rate: Rate) -> Outcome:
    """Count one request for a key with this backlog, in seconds, if the rate allows it."""
    wait = backlog + rate.interval - rate.period
    if wait > _ROUNDING:
        return Outcome(rate, wait, backlog)
    return Outcome(rate, 0.0, backlog + rate.interval)
