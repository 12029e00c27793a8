"""The store of counts in the memory of one worker."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic

from .rate import Outcome, Rate, count_one

_SWEEP_FROM = 10_000
"""Keys."""
KEYS_MAX = 100_000
"""Keys that are kept at most, in about 25 MB: one client may have that many IPv6 networks."""


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
        outcome = count_one(max(self._full_at.get(key, now) - now, 0.0), rate)
        if not outcome.wait:
            self._full_at[key] = now + outcome.backlog
            self._full_at.move_to_end(key)
            self._sweep(now)
        return outcome

    async def close(self) -> None:
        """Do nothing: the counts end with the worker."""

    def _sweep(self, now: float) -> None:
        """Forget what is over whenever there are twice as many keys as the last sweep has left."""
        if len(self._full_at) > self._sweep_at:
            self._full_at = OrderedDict((key, full_at) for key, full_at in self._full_at.items() if full_at > now)
            self._sweep_at = max(_SWEEP_FROM, 2 * len(self._full_at))
        if len(self._full_at) > KEYS_MAX:
            self._full_at.popitem(last=False)
