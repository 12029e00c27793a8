"""The open websockets of this worker, and the broadcast of who is online to them."""

from __future__ import annotations

import asyncio

from werkzeug.exceptions import ServiceUnavailable

from quart_app.errors.problems import TOO_MANY_SOCKETS, LimitReached
from quart_app.extension import Extension

from .messages import NAMES_SHOWN, Online
from .people import People, Person
from .presence_messages import PresenceMessages
from .sockets import Close, Socket

REPEAT_INTERVAL = 25.0
"""Seconds without a change after which the last message is sent again."""

_BATCH = 200
_BATCH_INTERVAL = 0.1  # seconds between two batches: the first is sent at once
_CLOSE_TIMEOUT = 2.0  # seconds to wait for sockets that are being closed


class Hub:
    """The people who are online, and the websockets of this worker that are told so.

    A socket gets at most ten messages a second, and 2,000 sockets get one in a second, however many people come and
    go: with 10,000 sockets all know of a change within five seconds, and no request waits for that.

    Arguments:
        sockets_per_user: how many websockets one user may have open at this worker.
        messages: the presence messages to and from other workers; None if there are no other workers.
    """

    def __init__(self, *, sockets_per_user: int, messages: PresenceMessages | None = None) -> None:
        self.everywhere = People() if messages is None else messages.everywhere
        #: Set while any socket is open.
        self.occupied = asyncio.Event()
        self._limit = sockets_per_user
        self._messages = messages
        self._here = People()
        self._sockets: set[Socket] = set()
        self._is_stopping = False
        self._text: str | None = None
        self._changed = asyncio.Event()
        self._emptied = asyncio.Event()

    @property
    def sockets(self) -> list[Socket]:
        """The sockets that are open now."""
        return list(self._sockets)

    def add(self, person: Person, session_id: int) -> Socket:
        """A new socket of a person, opened with a login session. The person is online until it is removed.

        Raises:
            LimitReached: this user has too many open sockets.
            ServiceUnavailable: the server is being stopped.
        """
        if self._is_stopping:
            raise ServiceUnavailable(Close.STOPPING.reason, retry_after=1)
        if self._here.count(person) >= self._limit:
            raise LimitReached(TOO_MANY_SOCKETS, retry_after=60)
        socket = Socket(person, session_id)
        self._sockets.add(socket)
        self.occupied.set()
        if self._here.add(person):
            if self._messages:
                self._messages.add(person)
            if self.everywhere.add(person):
                self.notify()
        socket.offer(self.message())
        return socket

    def remove(self, socket: Socket) -> None:
        """Remove a socket that has been closed, or was never accepted."""
        self._sockets.remove(socket)
        if not self._sockets:
            self.occupied.clear()
            self._emptied.set()
        person = socket.person
        if self._here.remove(person):
            if self._messages:
                self._messages.remove(person)
            if self.everywhere.remove(person):
                self.notify()

    def message(self) -> str:
        """The message for every socket: how many people are online, and the first of their names."""
        if self._text is None:
            names = [person.name for person in self.everywhere.first(NAMES_SHOWN)]
            self._text = Online(count=len(self.everywhere), names=names).model_dump_json()
        return self._text

    def notify(self) -> None:
        """Send the new state to every socket, because people have come online or gone offline."""
        self._text = None
        self._changed.set()

    async def broadcast(self) -> None:
        """Send every change to the sockets, until cancelled.

        Without changes the last message is sent again at intervals. Sending is how the server notices that a client
        is gone, receiving is how a client notices that the server is gone, and proxies close idle connections.
        """
        while True:
            has_changed = await self._wait_for_change()
            sockets = self.sockets
            for start in range(0, len(sockets), _BATCH):
                for socket in sockets[start : start + _BATCH]:
                    socket.offer(self.message(), resend=not has_changed)
                await asyncio.sleep(_BATCH_INTERVAL)

    async def _wait_for_change(self) -> bool:
        try:
            async with asyncio.timeout(REPEAT_INTERVAL):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def stop(self) -> None:
        """Close all sockets, and refuse new ones."""
        self._is_stopping = True
        for socket in self._sockets:
            socket.end(Close.STOPPING)

    async def wait_until_empty(self) -> None:
        """Wait until all sockets are closed, for :data:`_CLOSE_TIMEOUT` at most."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                while self._sockets:
                    self._emptied.clear()
                    await self._emptied.wait()
        except TimeoutError:
            pass  # the server cuts off clients that do not answer


current_hub = Extension[Hub]("quart_app.live")
"""Accessor of the current application's hub, while it is served."""
