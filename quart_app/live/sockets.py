"""One open websocket: its next message, and why it is closed."""

from __future__ import annotations

import asyncio
from enum import Enum, StrEnum

from .people import Person


class Advice(StrEnum):
    """What a client should do after its websocket was closed."""

    RECONNECT = "reconnect"  # after a second or less, by chance: another worker is there, or will be
    BACK_OFF = "back off"  # connect again, after a longer wait each time
    STOP = "stop"  # the same would happen again


class Close(Enum):
    """Why the server closes a websocket: the code (RFC 6455, section 7.4, and IANA's registry), a text, and advice."""

    STOPPING = 1001, "The server is being stopped.", Advice.RECONNECT
    NOT_LISTENING = 1003, "Clients must not send messages here.", Advice.STOP
    LOGGED_OUT = 1008, "This login has ended.", Advice.STOP
    TOO_SLOW = 1013, "The client did not accept a message in time.", Advice.BACK_OFF
    UNCERTAIN = 1013, "The server cannot check whether this login is still valid.", Advice.BACK_OFF

    def __init__(self, code: int, reason: str, advice: Advice) -> None:
        self.code = code
        self.reason = reason
        self.advice = advice


class Socket:
    """The websocket of a client that is told who is online.

    It holds one message. A message contains the whole state and not a change, so a newer one replaces an older one:
    a client that reads slowly takes no memory, and nothing waits for it.
    """

    def __init__(self, person: Person, session_id: int) -> None:
        self.person = person
        self.session_id = session_id
        self.closing: Close | None = None
        self._newest = ""
        self._pending: str | None = None
        self._wake = asyncio.Event()

    def offer(self, message: str, *, resend: bool = False) -> None:
        """Make this the next message, in place of an older one; ignore one that was offered before, unless *resend*."""
        if resend or message != self._newest:
            self._newest = self._pending = message
            self._wake.set()

    def end(self, why: Close) -> None:
        """Have the websocket closed. Only the first reason counts."""
        self.closing = self.closing or why
        self._wake.set()

    async def next_message(self) -> str | None:
        """Wait for the next message and return it; None when the websocket is to be closed."""
        await self._wake.wait()
        self._wake.clear()
        message, self._pending = self._pending, None
        return None if self.closing else message
