"""A crowd of websockets that costs its own machine little: opened, held open, and left at once.

    python -m benchmarks.load.crowd --count 5000 --cookies cookies.txt http://127.0.0.1:8000/live/ws

It prints a line of JSON when all are open, and keeps them until its standard input ends. Killing the process is how
thousands of clients leave at the same moment: the kernel closes all of their connections.
:mod:`benchmarks.load.websockets` speaks the whole protocol and counts messages; this one writes a request and waits for
the status of the answer, so that the server's cost of an opening is measured and not the client's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .agent import AGENT
from .websockets import allow_many_files

_AT_ONCE = 50  # handshakes at the same time: more would only wait in the server's backlog
_TIMEOUT = 30.0  # seconds for one handshake
_SWITCHING = b"HTTP/1.1 101"


@dataclass(frozen=True)
class Opened:
    """What came of it.

    Attributes:
        opened: websockets that were accepted.
        refused: those that were not.
        seconds: for all of them.
    """

    opened: int
    refused: int
    seconds: float


class _Client(asyncio.Protocol):
    """One websocket: sends the handshake, looks at the status of the answer, and throws away what follows."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.is_accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.is_accepted.done():
            self.is_accepted.set_result(data.startswith(_SWITCHING))

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.is_accepted.done():
            self.is_accepted.set_result(False)


def _request(host: str, path: str, cookie: str) -> bytes:
    """As a browser on a page of the site sends it, compression included."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
        f"Origin: http://{host}\r\nUser-Agent: {AGENT}\r\nCookie: {cookie}\r\n\r\n"
    ).encode()


async def open_crowd(url: str, cookies: Sequence[str], count: int) -> tuple[Opened, list[asyncio.BaseTransport]]:
    """Open so many websockets, each with the next cookies; also returns the connections, which keep them open."""
    address = urlsplit(url)
    host, port = str(address.hostname), address.port or 80
    requests = (_request(address.netloc, address.path, cookies[number % len(cookies)]) for number in range(count))
    loop = asyncio.get_running_loop()
    transports: list[asyncio.BaseTransport] = []
    refused = 0

    async def open_next() -> None:
        nonlocal refused
        for request in requests:
            try:
                async with asyncio.timeout(_TIMEOUT):
                    transport, client = await loop.create_connection(
                        lambda request=request: _Client(request),  # type: ignore[misc]
                        host,
                        port,
                    )
                    if await client.is_accepted:
                        transports.append(transport)
                        continue
            except (OSError, TimeoutError):
                pass
            refused += 1

    began = time.perf_counter()
    await asyncio.gather(*(open_next() for _ in range(_AT_ONCE)))
    return Opened(len(transports), refused, time.perf_counter() - began), transports


async def _run(url: str, cookies: Sequence[str], count: int) -> None:
    opened, transports = await open_crowd(url, cookies, count)
    print(json.dumps(asdict(opened)), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for transport in transports:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


def main() -> None:
    """Open the crowd, and keep it until the standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.crowd", description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--cookies", type=Path, required=True, help="a file of Cookie headers, a line each")
    options = parser.parse_args()
    allow_many_files()
    asyncio.run(_run(options.url, options.cookies.read_text().splitlines(), options.count))


if __name__ == "__main__":
    main()
