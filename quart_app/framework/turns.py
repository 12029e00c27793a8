"""Whether anything else waits for the event loop in this turn.

Work that is shared by all tasks of a turn needs a task of its own, which runs after them. Where there is no other task,
it costs a task and a turn, which asks the kernel for events, for nobody.

Written for asyncio's event loops of Python 3.11 to 3.13, of which it reads a private attribute: asyncio has no public
way. It saves one of the two turns of a page on SQLite. A loop without that attribute, such as uvloop, is never idle
here, and nothing changes.
"""

from __future__ import annotations

from asyncio import get_running_loop


def is_alone() -> bool:
    """Whether the running callback is the last of this turn, and has caused no other."""
    ready = getattr(get_running_loop(), "_ready", None)
    return ready is not None and not ready
