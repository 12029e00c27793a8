"""The open websockets of this worker, and what they are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from quart_app.extension import Extension

from .gossip import Gossip
from .people import People, Person
from .sockets import Close, Socket

NAMES_SHOWN = 100
"""How many names a message holds. With all of them, ten thousand people who come would cost the square of that."""

_BATCH = 200
_PAUSE = 0.1  # seconds after each batch: news is told at once, then at most ten times a second
_SIGN_OF_LIFE = 25.0  # seconds without news after which the last one is told again
_CLOSE_TIMEOUT = 2.0  # seconds to wait for sockets that are being closed


class Hub:
    """Who is online, and the websockets of those who watch it at this worker.

    A socket is told at most ten times a second, and 2,000 sockets in one second, however many people come and go:
    with 10,000 sockets all have heard of a change within five seconds, and no request has waited for that.

    Arguments:
        sockets_per_user: how many websockets one user may have open at this worker.
        gossip: what other workers say, and are told; None if there are none.
    """

    def __init__(self, *, sockets_per_user: int, gossip: Gossip | None = None) -> None:
        self.everywhere = People() if gossip is None else gossip.everywhere
        #: Set while any socket is open.
        self.occupied = asyncio.Event()
        self._limit = sockets_per_user
        self._gossip = gossip
        self._here = People()
        self._sockets: set[Socket] = set()
        self._is_stopping = False
        self._text: str | None = None
        self._changed = asyncio.Event()
        self._emptied = asyncio.Event()

    @property
    def sockets(self) -> list[Socket]:
        """Those that are open now."""
        return list(self._sockets)

    @contextmanager
    def open(self, person: Person, session_id: int) -> Iterator[Socket]:
        """Let somebody watch, by a login session, for as long as the block lasts. They are online meanwhile.

        Raises:
            TooManyRequests: this user has too many sockets already.
            ServiceUnavailable: the server is being stopped.
        """
        if self._is_stopping:
            raise ServiceUnavailable(Close.STOPPING.reason, retry_after=1)
        if self._here.times(person) >= self._limit:
            raise TooManyRequests("There are too many connections of this user; close a tab.", retry_after=60)
        socket = Socket(person, session_id)
        self._sockets.add(socket)
        self.occupied.set()
        if self._here.come(person):
            if self._gossip:
                self._gossip.come(person)
            if self.everywhere.come(person):
                self.tell()
        socket.offer(self.message())
        try:
            yield socket
        finally:
            self._sockets.remove(socket)
            if not self._sockets:
                self.occupied.clear()
                self._emptied.set()
            if self._here.go(person):
                if self._gossip:
                    self._gossip.go(person)
                if self.everywhere.go(person):
                    self.tell()

    def message(self) -> str:
        """What every socket is to know now: how many are online, and the first of their names."""
        if self._text is None:
            names = [person.name for person in self.everywhere.first(NAMES_SHOWN)]
            self._text = json.dumps({"count": len(self.everywhere), "names": names})
        return self._text

    def tell(self) -> None:
        """Let every socket know that people have come or gone."""
        self._text = None
        self._changed.set()

    async def broadcast(self) -> None:
        """Tell the sockets, again and again, without an end.

        Now and then they are told what they know already: to send something is how we notice that a client has
        gone without a word, to hear something how it notices that of us, and proxies hang up where nothing happens.
        """
        while True:
            is_news = await self._wait_for_news()
            sockets = self.sockets
            for start in range(0, len(sockets), _BATCH):
                for socket in sockets[start : start + _BATCH]:
                    socket.offer(self.message(), even_again=not is_news)
                await asyncio.sleep(_PAUSE)

    async def _wait_for_news(self) -> bool:
        try:
            async with asyncio.timeout(_SIGN_OF_LIFE):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def stop(self) -> None:
        """Close all sockets, and open no more."""
        self._is_stopping = True
        for socket in self._sockets:
            socket.end(Close.STOPPING)

    async def wait_until_empty(self) -> None:
        """Wait until the sockets have been closed, within reason."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                while self._sockets:
                    self._emptied.clear()
                    await self._emptied.wait()
        except TimeoutError:
            pass  # whoever does not answer is cut off with the connection


current_hub = Extension[Hub]("quart_app.live")
"""The hub of the application that is running now, while it is served."""
