"""A turn of load that ended before its first answer is taken again, for longer.

How long an answer takes depends on the machine and on what else it does: a second may be over before any login is
answered. A turn without an answer says nothing, so it is neither a result nor an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Turn = TypeVar("Turn")

LONGEST = 64.0
"""Seconds of the longest turn: after one without an answer, something else is wrong than the speed of the machine."""


def retry_unanswered(
    take: Callable[[float], Turn], seconds: float, *, is_unanswered: Callable[[Turn], bool], longest: float = LONGEST
) -> Turn:
    """Take a turn; as long as nothing is answered and nothing fails, take it again, each time twice as long.

    Arguments:
        take: takes a turn of so many seconds, and measures what belongs to that turn alone.
        seconds: of the first turn.
        is_unanswered: whether a turn had no answer, and no error either.
        longest: seconds of the last turn, which is returned whatever came of it.
    """
    while is_unanswered(turn := take(seconds)) and seconds < longest:
        seconds = min(2 * seconds, longest)
    return turn
