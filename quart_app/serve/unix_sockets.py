"""Unix sockets that a server already listens at: Hypercorn would replace their file, and that server be unreachable."""

from __future__ import annotations

import socket
from collections.abc import Iterable

_PREFIX = "unix:"


def occupied(addresses: Iterable[str]) -> str | None:
    """The first of these addresses that is a unix socket at which a server listens.

    A file that a server has left behind, which refuses connections, is free.
    """
    return next((address for address in addresses if address.startswith(_PREFIX) and _accepts(address)), None)


def _accepts(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(address.removeprefix(_PREFIX))
        except BlockingIOError:  # its backlog is full
            return True
        except OSError:
            return False
        return True
