"""One open websocket: its next message, how it is sent, and why the websocket is closed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum, StrEnum

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable

from .people import Person

_SEND_TIMEOUT = 2.0  # seconds that a client may take to accept a message


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
    a client that reads slowly takes no memory, and nothing waits for it. There is a task for sending only while a
    message is sent: ten thousand websockets are idle nearly always.
    """

    __slots__ = ("_newest", "_pending", "_send", "_sending", "_until_ended", "closing", "person", "session_id")

    def __init__(self, person: Person, session_id: int) -> None:
        self.person = person
        self.session_id = session_id
        self.closing: Close | None = None
        self._newest = ""
        self._pending: str | None = None
        self._send: ASGISendCallable | None = None
        self._sending: asyncio.Task[None] | None = None
        self._until_ended: asyncio.Timeout | None = None

    def offer(self, message: str, *, resend: bool = False) -> None:
        """Make this the next message, in place of an older one; ignore one that was offered before, unless *resend*."""
        if resend or message != self._newest:
            self._newest = self._pending = message
            self._start_sending()

    def end(self, why: Close) -> None:
        """Have the websocket closed. Only the first reason counts."""
        if self.closing is None:
            self.closing = why
            if self._until_ended is not None:
                self._until_ended.reschedule(asyncio.get_running_loop().time())

    async def run(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Send the messages until the client disconnects; or close the websocket when there is a reason.

        Clients only receive: one that sends a message is a reason, and so is one that takes no message in time.
        """
        self._send = send
        self._start_sending()
        try:
            async with asyncio.timeout(0 if self.closing else None) as self._until_ended:
                has_left = (await receive())["type"] == "websocket.disconnect"
        except TimeoutError:
            has_left = False
        self._until_ended = None  # both refer to each other
        if not has_left:
            await self._close(self.closing or Close.NOT_LISTENING)
        elif self._sending is not None:
            self._sending.cancel()

    async def _close(self, why: Close) -> None:
        self.closing = why
        if self._sending is not None:
            await asyncio.wait([self._sending])
        if self._send is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SEND_TIMEOUT):
                    await self._send({"type": "websocket.close", "code": why.code, "reason": why.reason})

    def _start_sending(self) -> None:
        if self._send is not None and self._pending is not None and self._sending is None and self.closing is None:
            self._sending = asyncio.create_task(self._send_pending(self._send))

    async def _send_pending(self, send: ASGISendCallable) -> None:
        try:
            while self._pending is not None and self.closing is None:
                message, self._pending = self._pending, None
                async with asyncio.timeout(_SEND_TIMEOUT):
                    await send({"type": "websocket.send", "bytes": None, "text": message})
        except TimeoutError:
            self.end(Close.TOO_SLOW)
        finally:
            self._sending = None
