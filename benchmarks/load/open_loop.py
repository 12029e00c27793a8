"""An open loop: requests leave at a stated rate, whether or not the earlier ones have been answered.

    python -m benchmarks.load.open_loop --rate 200 --seconds 10 --cookies cookies.txt http://127.0.0.1:8000/

A closed loop asks less of a server that stalls, so what the stall did to others does not show ("coordinated omission").
Here a request's time begins when it was due. If all connections are busy it waits, and the wait counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .agent import AGENT
from .command import run
from .figures import Figures, figures_of

_FAILED = 400
_LAST_ANSWERS = 30.0  # seconds to wait for them, on a machine that is busy with other things


def run_open_loop(
    url: str, *, rate: float, connections: int, seconds: float, cookies: Path | None, core: int | None = None
) -> Figures:
    """Load *url* from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load.open_loop", "--rate", str(rate), "--seconds", str(seconds)]
    command += ["--connections", str(connections), *(["--cookies", str(cookies)] if cookies else []), url]
    output, shown = run(command, seconds=seconds + _LAST_ANSWERS, environment={}, core=core)
    told = json.loads(output)
    return Figures(**{**told, "command": shown})


class OpenLoop:
    """Connections that are kept, and the requests that wait for one."""

    def __init__(self, url: str, cookies: Sequence[str]) -> None:
        self._address = urlsplit(url)
        path = self._address.path + (f"?{self._address.query}" if self._address.query else "")
        head = f"GET {path or '/'} HTTP/1.1\r\nHost: {self._address.netloc}\r\nUser-Agent: {AGENT}\r\n"
        self._requests = [f"{head}Cookie: {cookie}\r\n\r\n".encode() for cookie in cookies] or [f"{head}\r\n".encode()]
        self._due: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
        self.latencies: list[float] = []
        self.errors = 0

    async def load(
        self, rate: float, connections: int, seconds: float, until: asyncio.Future[Any] | None = None
    ) -> float:
        """Send them all, or those that are due until something is done; gives the seconds that it took."""
        workers = [asyncio.create_task(self._connection()) for _ in range(connections)]
        start = time.perf_counter()
        for number in range(int(rate * seconds)):
            if until is not None and until.done():
                break
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._due.put_nowait((number, due))
        try:
            async with asyncio.timeout(_LAST_ANSWERS):
                await self._due.join()
        except TimeoutError:
            self.errors += self._due.qsize() + 1
        took = time.perf_counter() - start
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        return took

    async def _connection(self) -> None:
        stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while True:
            number, due = await self._due.get()
            try:
                if stream is None or stream[1].is_closing():
                    stream = await asyncio.open_connection(self._address.hostname, self._address.port)
                status, is_kept = await self._ask(*stream, self._requests[number % len(self._requests)])
                self.latencies.append((time.perf_counter() - due) * 1000)
                self.errors += status >= _FAILED
                if not is_kept:
                    stream[1].close()
            except (OSError, EOFError, ValueError):
                self.errors += 1
                stream = None
            finally:
                self._due.task_done()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, bool]:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        return int(head.split(b" ", 2)[1]), b"connection: close" not in head


def main() -> None:
    """Load, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.open_loop", description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=256, help="at most so many requests at once (256)")
    parser.add_argument("--cookies", type=Path, help="a file of Cookie headers, a line each")
    options = parser.parse_args()
    cookies = options.cookies.read_text().splitlines() if options.cookies else []
    loop = OpenLoop(options.url, cookies)
    took = asyncio.run(loop.load(options.rate, options.connections, options.seconds))
    figures = figures_of(loop.latencies, seconds=took, errors=loop.errors, command="")
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
