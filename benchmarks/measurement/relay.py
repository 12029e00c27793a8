"""A TCP connection to something that is some milliseconds away: what goes in comes out so much later.

    python -m benchmarks.measurement.relay --port 6000 --to 127.0.0.1:5432 --delay-ms 20

The delay is a whole round trip's: half of it on the way there, half on the way back. Order is kept, and nothing is
slowed down but by the delay, so what is sent in one piece pays for it once.
"""

from __future__ import annotations

import argparse
import asyncio


class _Side(asyncio.Protocol):
    """One end: passes on to the other what it receives, later."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self.other: _Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        for data in self._waiting:
            transport.write(data)

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._pass_on, data)

    def connection_lost(self, _error: Exception | None) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._hang_up)

    def send(self, data: bytes) -> None:
        """Send now, or as soon as there is a connection."""
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def _pass_on(self, data: bytes) -> None:
        if self.other is not None:
            self.other.send(data)

    def _hang_up(self) -> None:
        if self.other is not None and self.other._transport is not None:
            self.other._transport.close()


async def relay(port: int, host: str, to_port: int, delay: float) -> None:
    """Listen, until cancelled, and pass on."""
    loop = asyncio.get_running_loop()
    connecting: set[asyncio.Task[object]] = set()

    def accept() -> _Side:
        near, far = _Side(delay / 2), _Side(delay / 2)
        near.other, far.other = far, near
        task: asyncio.Task[object] = loop.create_task(loop.create_connection(lambda: far, host, to_port))
        connecting.add(task)
        task.add_done_callback(connecting.discard)
        return near

    server = await loop.create_server(accept, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Relay until stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.measurement.relay", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--delay-ms", type=float, required=True)
    options = parser.parse_args()
    host, _, to_port = options.to.rpartition(":")
    asyncio.run(relay(options.port, host, int(to_port), options.delay_ms / 1000))


if __name__ == "__main__":
    main()
