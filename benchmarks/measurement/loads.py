"""What is done to a contender for one turn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Who(Enum):
    """Who sends the requests."""

    STRANGERS = "strangers"
    USERS = "users, each with a session"
    REMEMBERED = "users with a remember cookie alone"
    PEERS = "one user, in memory"


class How(Enum):
    """By which load generator."""

    CLOSED = "closed loop (wrk)"
    OPEN = "open loop, at a stated rate"
    H2LOAD_1 = "closed loop (h2load), HTTP/1.1"
    H2LOAD_2 = "closed loop (h2load), HTTP/2, 8 streams a connection"
    LOGINS = "logins by the form (wrk)"
    STORM = "logins by the form, all at once, and the home page at 50 requests a second beside them"
    IDLE_SOCKETS = "websockets, opened and then idle"
    TALKING_SOCKETS = "websockets that are told who comes and goes"


_HANDSHAKES = 300
"""Websockets that are opened in a second, about."""


@dataclass(frozen=True)
class Load:
    """One turn.

    Attributes:
        path: the page.
        connections: how many at once: requests, or websockets.
        rate: requests a second, for an open loop.
        least_seconds: a turn lasts no less: where an answer takes long, so must a turn.
    """

    path: str = "/"
    connections: int = 32
    who: Who = Who.USERS
    how: How = How.CLOSED
    rate: float = 0.0
    least_seconds: float = 0.0

    def seconds(self, usual: float) -> float:
        """How long a turn lasts, where one usually lasts *usual* seconds."""
        return max(usual, self.least_seconds)

    @property
    def preparation(self) -> float:
        """About how many seconds each turn needs before it begins: websockets have to be opened."""
        is_socket = self.how in (How.IDLE_SOCKETS, How.TALKING_SOCKETS)
        return self.connections / _HANDSHAKES if is_socket else 0.0

    def __str__(self) -> str:
        at = f", {self.rate:g} requests/s" if self.rate else ""
        return f"{self.path}, {self.who.value}, {self.connections} connections{at}, {self.how.value}"
