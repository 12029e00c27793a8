"""People who are online without a client: their sockets in the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quart_app.live.hub import Hub
from quart_app.live.people import Person
from quart_app.live.sockets import Socket


@contextmanager
def online(hub: Hub, person: Person, session_id: int = 0) -> Iterator[Socket]:
    """A socket of a person, for the duration of a block."""
    socket = hub.add(person, session_id)
    try:
        yield socket
    finally:
        hub.remove(socket)
