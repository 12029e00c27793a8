"""One open websocket: what waits to be sent to it, and why it is to be closed."""

from __future__ import annotations

import asyncio
from enum import Enum

from .people import Person


class Close(Enum):
    """Why we close a websocket: the code (RFC 6455, section 7.4, and IANA's registry) and a reason for people.

    After ``LOGGED_OUT``, and only then, it is of no use to connect again.
    """

    STOPPING = 1001, "The server is being stopped."
    NOT_LISTENING = 1003, "Nothing is expected from clients here."
    LOGGED_OUT = 1008, "This login has ended."
    TOO_SLOW = 1013, "Messages were not taken in time."
    UNCERTAIN = 1013, "It cannot be seen whether this login goes on."

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason


class Socket:
    """The websocket of somebody who watches.

    It has room for one message. A message says how everything is, not what has changed, so that a newer one
    makes an older one needless: who reads slowly fills no memory, and nobody waits for them.
    """

    def __init__(self, person: Person, session_id: int) -> None:
        self.person = person
        self.session_id = session_id
        self.closing: Close | None = None
        self._newest = ""
        self._waiting: str | None = None
        self._woken = asyncio.Event()

    def offer(self, message: str, *, even_again: bool = False) -> None:
        """Let it be sent, unless it has been; an older one that still waits is dropped."""
        if even_again or message != self._newest:
            self._newest = self._waiting = message
            self._woken.set()

    def end(self, why: Close) -> None:
        """Let it be closed; the first reason counts."""
        self.closing = self.closing or why
        self._woken.set()

    async def next_message(self) -> str | None:
        """The message to send now, as soon as there is one; None when it is time to close."""
        await self._woken.wait()
        self._woken.clear()
        message, self._waiting = self._waiting, None
        return None if self.closing else message
