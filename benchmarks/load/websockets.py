"""Thousands of websockets, each of another user: opened, left idle, or told who comes and goes.

    python -m benchmarks.load.websockets --count 5000 --cookies cookies.txt http://127.0.0.1:8000/live/ws

With ``--talk`` the last user of the file comes and goes, which the server tells all others. Each process needs as many
file descriptors as there are websockets, and a few (``ulimit -n``).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage

from .agent import AGENT
from .figures import percentile

_AT_ONCE = 50  # handshakes at the same time: more would only wait in the server's backlog
_HANDSHAKE_TIMEOUT = 30.0


@dataclass(frozen=True)
class SocketFigures:
    """What came of it.

    Attributes:
        opened: websockets that were accepted.
        refused: those that were not, or closed early.
        handshakes: a second.
        p50, p95, p99: milliseconds of a handshake.
        messages: received after all were open.
        seconds: for which they were counted.
    """

    opened: int
    refused: int
    handshakes: float
    p50: float
    p95: float
    p99: float
    messages: int
    seconds: float


class _Socket(asyncio.Protocol):
    """One websocket, which answers pings, and counts the messages."""

    def __init__(self, host: str, path: str, cookie: str) -> None:
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._request = Request(host=host, target=path, extra_headers=_headers(host, cookie))
        self._transport: asyncio.Transport | None = None
        self.is_open: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.messages = 0
        self.is_gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._protocol.send(self._request))

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            match event:
                case AcceptConnection():
                    self._settle(is_open=True)
                case Ping():
                    self._transport.write(self._protocol.send(event.response()))
                case TextMessage(message_finished=True):
                    self.messages += 1
                case RejectConnection() | CloseConnection():
                    self._settle(is_open=False)
                    self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._settle(is_open=False)
        self.is_gone = True

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _settle(self, *, is_open: bool) -> None:
        if not self.is_open.done():
            self.is_open.set_result(is_open)


def _headers(host: str, cookie: str) -> list[tuple[bytes, bytes]]:
    """As a browser on a page of the site sends them: without its origin a websocket is refused."""
    headers = {"cookie": cookie, "user-agent": AGENT, "origin": f"http://{host}"}
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def load(url: str, cookies: Sequence[str], *, count: int, seconds: float, talk: bool) -> SocketFigures:
    """Open them all, keep them for so long, and hang up."""
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    turns = asyncio.Semaphore(_AT_ONCE)

    async def connect(cookie: str) -> tuple[_Socket | None, float]:
        async with turns:
            began = time.perf_counter()
            try:
                async with asyncio.timeout(_HANDSHAKE_TIMEOUT):
                    _, socket = await loop.create_connection(
                        lambda: _Socket(address.netloc, address.path, cookie), str(address.hostname), address.port or 80
                    )
                    is_open = await socket.is_open
            except (OSError, TimeoutError):
                return None, 0.0
            return (socket if is_open else None), (time.perf_counter() - began) * 1000

    began = time.perf_counter()
    opening = await asyncio.gather(*(connect(cookies[number % len(cookies)]) for number in range(count)))
    took = time.perf_counter() - began
    sockets = [socket for socket, _ in opening if socket is not None]
    print("open", file=sys.stderr, flush=True)
    before = sum(socket.messages for socket in sockets)
    began = time.perf_counter()
    deadline = began + seconds
    while time.perf_counter() < deadline:
        visitor = (await connect(cookies[-1]))[0] if talk else None
        await asyncio.sleep(0.2)
        if visitor is not None:
            visitor.close()
    waited = time.perf_counter() - began
    lost = sum(socket.is_gone for socket in sockets)
    messages = sum(socket.messages for socket in sockets) - before
    ordered = sorted(ms for socket, ms in opening if socket is not None)
    for socket in sockets:
        socket.close()
    return SocketFigures(
        opened=len(sockets),
        refused=count - len(sockets) + lost,
        handshakes=len(sockets) / took,
        p50=percentile(ordered, 0.50),
        p95=percentile(ordered, 0.95),
        p99=percentile(ordered, 0.99),
        messages=messages,
        seconds=waited,
    )


def allow_many_files() -> None:
    """Let this process, and those that it starts, have as many connections as the system permits at all."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    """Load, and print the figures as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load.websockets", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="to keep them open (10)")
    parser.add_argument("--cookies", type=Path, required=True, help="a file of Cookie headers, a line each")
    parser.add_argument("--talk", action="store_true", help="let a user connect and disconnect")
    options = parser.parse_args()
    allow_many_files()
    cookies = options.cookies.read_text().splitlines()
    figures = asyncio.run(load(options.url, cookies, count=options.count, seconds=options.seconds, talk=options.talk))
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
