"""A pause of a task that works at intervals: an event ends it early, such as the stop of the server."""

from __future__ import annotations

import asyncio


async def is_set_within(seconds: float, event: asyncio.Event) -> bool:
    """Wait until an event is set, for so many seconds at most; return whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
