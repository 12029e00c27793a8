"""Whether a look-up by key may run in the event loop's own thread: only while such look-ups are quick.

It needs no task either where nothing else waits for the event loop (:func:`is_alone`).
"""

from __future__ import annotations

from asyncio import get_running_loop
from time import monotonic

SLOW = 0.002
"""Seconds: more than any look-up takes whose pages are in memory, and less than a disk or a network needs."""

SLOW_IN_A_ROW = 3
"""Look-ups. One alone may have waited for a core."""

PAUSE = 10.0
"""Seconds in which look-ups use the connection's thread, before the next one is tried again."""


class Pace:
    """How quick the look-ups of one database were.

    A round trip to a connection's thread costs twenty times as much as a look-up whose pages are in memory. But a file
    whose pages are not, on a slow disk or on a network, would hold up all requests.
    """

    def __init__(self) -> None:
        self._slow = 0
        self._pause_ends_at = 0.0

    @property
    def is_quick(self) -> bool:
        """Whether the next look-up may run in the event loop's thread."""
        return self._pause_ends_at == 0.0 or monotonic() >= self._pause_ends_at

    def note(self, seconds: float) -> None:
        """Note how long a look-up took there."""
        if seconds < SLOW:
            self._slow = 0
            self._pause_ends_at = 0.0
        elif (slow := self._slow + 1) >= SLOW_IN_A_ROW:
            self._slow = SLOW_IN_A_ROW - 1  # after the pause the first slow one begins the next
            self._pause_ends_at = monotonic() + PAUSE
        else:
            self._slow = slow


def is_alone() -> bool:
    """Whether the running callback is the last of this turn of the event loop, and has caused no other.

    Work that is shared by all tasks of a turn needs a task of its own, which runs after them. Where there is no other
    task, that wastes a task and a turn of the loop with its system call: half of the turns of a page.

    Written for asyncio's event loops of Python 3.11 to 3.13, of which it reads a private attribute: asyncio has no
    public way. A loop without that attribute, such as uvloop, is never idle here, and nothing changes.
    """
    ready = getattr(get_running_loop(), "_ready", None)
    return ready is not None and not ready
