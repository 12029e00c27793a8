"""Rates, and the rule by which requests are counted against them: the generic cell rate algorithm (GCRA).

With a rate of three in a minute, three requests may come at once, and then one every twenty seconds. The only state of
a key is the time at which it has its full allowance again.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import NamedTuple, Protocol

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
    def headers(self) -> dict[str, str]:
        """``RateLimit-Limit``, ``-Remaining`` and ``-Reset`` (draft-ietf-httpapi-ratelimit-headers-03)."""
        remaining = floor((self.rate.period - self.backlog) / self.rate.interval + _ROUNDING)
        return {
            "RateLimit-Limit": str(self.rate.count),
            "RateLimit-Remaining": str(max(remaining, 0)),
            "RateLimit-Reset": str(ceil(self.backlog - _ROUNDING)),
        }


class Store(Protocol):
    """A store of counts."""

    async def take(self, key: str, rate: Rate) -> Outcome | None:
        """Count one request for *key* if the rate allows it: one step, so many at once count as one after another.

        Returns:
            None if the store is unavailable, and nothing was counted.
        """

    async def close(self) -> None:
        """Close the connections of the store."""


def count_one(backlog: float, rate: Rate) -> Outcome:
    """Count one request for a key with this backlog, in seconds, if the rate allows it."""
    wait = backlog + rate.interval - rate.period
    if wait > _ROUNDING:
        return Outcome(rate, wait, backlog)
    return Outcome(rate, 0.0, backlog + rate.interval)
