"""The lifeline: a socket between the supervisor and a worker.

The worker reports through it that its settings can be used. The supervisor answers with the listening sockets, which it
opens only then, and the worker reports that it serves. If the lifeline breaks because the worker has ended, the
supervisor starts another one. If it breaks because the supervisor was killed, the worker ends, so that no process keeps
the port.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

CHECKED = b"c"
READY = b"r"
_MOST_SOCKETS = 253  # Linux's own limit (SCM_MAX_FD)


def send_sockets(lifeline: socket.socket, secure: Sequence[socket.socket], insecure: Sequence[socket.socket]) -> None:
    """Send a worker the listening sockets: those with TLS, and those without."""
    socket.send_fds(lifeline, [bytes([len(secure)])], [each.fileno() for each in (*secure, *insecure)])


def receive_sockets(lifeline: socket.socket) -> tuple[list[int], list[int]]:
    """The descriptors of the listening sockets: those with TLS, and those without. None if the supervisor has ended."""
    message, descriptors, _, _ = socket.recv_fds(lifeline, 1, _MOST_SOCKETS)
    secure = message[0] if message else 0
    return descriptors[:secure], descriptors[secure:]
