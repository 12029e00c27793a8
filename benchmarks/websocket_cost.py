"""What a websocket costs: memory of one, openings a second, and a page while all of them leave at once.

    python -m benchmarks.websocket_cost                     # 10,000 websockets, one worker, about half a minute
    python -m benchmarks.websocket_cost --before ../before  # in turns with another checkout, and their ratios

Each turn starts ``python -m quart_app.serve`` on one core with a fresh database, and the clients on the other. Memory
is the growth of the worker's resident memory while the websockets open, by their number. The page is a user's home
page, requested 20 times a second while the clients are killed; its slowest answer counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.load.websockets import allow_many_files
from benchmarks.one_worker import ROOT, make_logins, on_core, page_time, served
from benchmarks.servers import Server

_PAGE_INTERVAL = 0.05  # seconds between two requests for the page
_LEAVING = 10.0  # seconds for which the page is requested after the clients are killed


@dataclass(frozen=True)
class Figures:
    """One turn.

    Attributes:
        kib: of memory for each websocket.
        openings: a second.
        cpu: milliseconds of the server's CPU time for each opening.
        page: seconds of the slowest page while all leave.
        refused: handshakes that were not accepted.
    """

    kib: float
    openings: float
    cpu: float
    page: float
    refused: int


def measure(source: Path, count: int, leaving: float = _LEAVING) -> Figures:
    """Measure the application of a checkout once; request the page for *leaving* seconds while all leave."""
    with tempfile.TemporaryDirectory(prefix="websockets-") as folder:
        cookies = make_logins(Path(folder), count + 1)
        with served(source, Path(folder)) as server:
            page = cookies.read_text().splitlines()[-1]
            for _ in range(20):
                page_time(server.port, page)
            before, cpu_before = server.memory(), server.cpu_seconds()
            with crowd(server, cookies, count) as (clients, opened):
                cpu = server.cpu_seconds() - cpu_before
                time.sleep(2.0 + count / 2000)  # until the last change has been broadcast
                kib = (server.memory() - before) * 1e6 / 1024 / max(1, opened["opened"])
                slowest = _slowest_page(server.port, page, leaving, clients.kill)
    return Figures(
        kib=round(kib, 1),
        openings=round(opened["opened"] / opened["seconds"], 1),
        cpu=round(cpu * 1000 / max(1, opened["opened"]), 3),
        page=round(slowest, 3),
        refused=int(opened["refused"]),
    )


@contextmanager
def crowd(server: Server, cookies: Path, count: int) -> Iterator[tuple[subprocess.Popen[str], dict[str, float]]]:
    """So many open websockets: the process that has them, and what it says of their opening."""
    command = [*on_core(1), sys.executable, "-m", "benchmarks.load.crowd", "--count", str(count)]
    command += ["--cookies", str(cookies), f"http://127.0.0.1:{server.port}/live/ws"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def _slowest_page(port: int, cookie: str, seconds: float, leave: Callable[[], None]) -> float:
    """Request the page at a fixed rate while everybody leaves; seconds of the slowest answer."""
    times: list[float] = []
    lock = threading.Lock()

    def request() -> None:
        taken = page_time(port, cookie)
        with lock:
            times.append(taken)

    threads = []
    began = time.monotonic()
    number = 0
    has_left = False
    while (now := time.monotonic() - began) < seconds:
        if not has_left and now > 0.5:
            leave()
            has_left = True
        threads.append(threading.Thread(target=request))
        threads[-1].start()
        number += 1
        time.sleep(max(0.0, began + number * _PAGE_INTERVAL - time.monotonic()))
    for thread in threads:
        thread.join()
    if len(times) != len(threads):
        raise RuntimeError(f"{len(threads) - len(times)} pages were not answered")
    return max(times)


def _show(name: str, turns: Sequence[Figures]) -> None:
    medians = {field: statistics.median(asdict(turn)[field] for turn in turns) for field in asdict(turns[0])}
    print(
        f"{name}: {medians['kib']:.1f} KiB a websocket, {medians['openings']:.0f} openings a second "
        f"({medians['cpu']:.2f} ms of CPU each), slowest page while all leave {medians['page']:.2f} s, "
        f"{medians['refused']:.0f} refused"
    )


def main() -> None:
    """Measure, in turns if there are two, and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.websocket_cost", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000, help="websockets (10000)")
    parser.add_argument("--rounds", type=int, default=1, help="turns of each (1)")
    parser.add_argument("--before", type=Path, help="another checkout of this project, measured in turns with this one")
    options = parser.parse_args()
    allow_many_files()
    sources = {"before": options.before.resolve(), "now": ROOT} if options.before else {"now": ROOT}
    turns: dict[str, list[Figures]] = {name: [] for name in sources}
    for _ in range(options.rounds):
        for name, source in sources.items():
            turns[name].append(measure(source, options.count))
            print(f"  {name}: {json.dumps(asdict(turns[name][-1]))}", file=sys.stderr, flush=True)
    for name, each in turns.items():
        _show(name, each)
    if options.before:
        for field in ("kib", "openings", "cpu", "page"):
            ratios = [asdict(now)[field] / asdict(then)[field] for then, now in zip(*turns.values(), strict=True)]
            print(f"{field}: now by before {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
