"""Smaller read buffers for sockets: 16 KiB instead of 256 KiB, so that the heap does not fragment.

asyncio allocates 256 KiB for each read and then shrinks it. Objects that are allocated meanwhile lie behind it in
memory, so the C library's heap grew by half a kilobyte with each request, free but fragmented (``mallinfo2``; 30
minutes of ``python -m benchmarks.soak``).

Written for the selector event loop of Python 3.11 to 3.13, of which it sets a private attribute. uvloop has one buffer
for all connections and needs none of this. If Python renames the class, the import fails; if it renames the attribute,
setting it is useless: then run the soak without it, and remove this module if the memory stays flat.
"""

from __future__ import annotations

from asyncio import selector_events

_SIZE = 16 * 1024
"""Bytes to make room for at once: more than a request usually has."""


def read_in_small_pieces() -> None:
    """Limit each read of this process's connections to 16 KiB. Call it only in a process that serves."""
    selector_events._SelectorSocketTransport.max_size = _SIZE  # type: ignore[attr-defined]
