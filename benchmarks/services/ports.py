"""Free ports for servers that are started here."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port of 127.0.0.1 that is free now; another process may take it a moment later, so be ready to try another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
