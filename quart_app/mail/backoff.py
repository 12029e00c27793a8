"""When a mail is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

_FIRST_DELAY = timedelta(seconds=10)
_LONGEST_DELAY = timedelta(hours=1)
_JITTER = 0.2  # of the delay, more or less

NEVER_LATER = timedelta(hours=2)
"""The longest time until an attempt. A later one was set by a clock that was ahead, and counts as due."""

ATTEMPTS = 56
"""The number of attempts in two days: nine in the first hour, then one an hour."""


def delay_after(attempts: int, chance: float) -> timedelta | None:
    """The time until the next attempt; None if there is none, because the mail is given up.

    Arguments:
        attempts: how many failed, at least one.
        chance: a random number from 0 to 1, so that mails that failed together are not tried together.
    """
    if attempts >= ATTEMPTS:
        return None
    doublings = min(attempts - 1, 20)  # more would overflow, and are above the longest delay anyway
    delay: timedelta = min(_FIRST_DELAY * 2**doublings, _LONGEST_DELAY)
    return delay * (1 - _JITTER + 2 * _JITTER * chance)
