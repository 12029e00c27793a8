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
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.load.cookies import AGENT
from benchmarks.load.websockets import allow_many_files
from benchmarks.servers import Server
from benchmarks.services.ports import free_port

_ROOT = Path(__file__).resolve().parents[1]
_PAGE_INTERVAL = 0.05  # seconds between two requests for the page
_LEAVING = 10.0  # seconds for which the page is requested after the clients are killed
_TIMEOUT = 60.0


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


def measure(source: Path, count: int) -> Figures:
    """Measure the application of a checkout once."""
    with tempfile.TemporaryDirectory(prefix="websockets-") as folder:
        cookies = _make_logins(Path(folder), count + 1)
        with _served(source, Path(folder)) as server:
            page = cookies.read_text().splitlines()[-1]
            for _ in range(20):
                _page_time(server.port, page)
            before, cpu_before = server.memory(), server.cpu_seconds()
            with _crowd(server, cookies, count) as (clients, opened):
                cpu = server.cpu_seconds() - cpu_before
                time.sleep(2.0 + count / 2000)  # until the last change has been broadcast
                kib = (server.memory() - before) * 1e6 / 1024 / max(1, opened["opened"])
                slowest = _slowest_page(server.port, page, clients.kill)
    return Figures(
        kib=round(kib, 1),
        openings=round(opened["opened"] / opened["seconds"], 1),
        cpu=round(cpu * 1000 / max(1, opened["opened"]), 3),
        page=round(slowest, 3),
        refused=int(opened["refused"]),
    )


def _environment(folder: Path) -> dict[str, str]:
    settings = {"INSTANCE_PATH": str(folder), "LOG_LEVEL": "WARNING", "ADDRESS_LIMITS": "false"}
    return {**os.environ, **settings, "PASSWORD_METHOD": "pbkdf2:sha256:1"}


def _make_logins(folder: Path, count: int) -> Path:
    """Fill the database with users, and return a file of their cookies."""
    file = folder / "cookies"
    seed = [sys.executable, "-m", "quart", "--app", "quart_app", "seed", "--users", str(count)]
    cookies = [sys.executable, "-m", "benchmarks.load.cookies", "--count", str(count), "--to", str(file)]
    for command in (seed, cookies):
        subprocess.run(command, check=True, cwd=_ROOT, env=_environment(folder), stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    return file


@contextmanager
def _served(source: Path, folder: Path) -> Iterator[Server]:
    """A worker of the application in *source*, on the first core."""
    port = free_port()
    command = [*_on_core(0), sys.executable, "-m", "quart_app.serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=source, env=_environment(folder), stdout=log, stderr=log)  # noqa: S603 - our own command
    try:
        deadline = time.monotonic() + _TIMEOUT
        while True:
            try:
                _page_time(port, "")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "server.log").read_text()) from None
                time.sleep(0.1)
        worker = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        yield Server(port, int(worker))
    finally:
        process.terminate()
        process.wait(_TIMEOUT)


@contextmanager
def _crowd(server: Server, cookies: Path, count: int) -> Iterator[tuple[subprocess.Popen[str], dict[str, float]]]:
    """So many open websockets: the process that has them, and what it says of their opening."""
    command = [*_on_core(1), sys.executable, "-m", "benchmarks.load.crowd", "--count", str(count)]
    command += ["--cookies", str(cookies), f"http://127.0.0.1:{server.port}/live/ws"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def _slowest_page(port: int, cookie: str, leave: Callable[[], None]) -> float:
    """Request the page at a fixed rate while everybody leaves; seconds of the slowest answer."""
    times: list[float] = []
    lock = threading.Lock()

    def request() -> None:
        seconds = _page_time(port, cookie)
        with lock:
            times.append(seconds)

    threads = []
    began = time.monotonic()
    number = 0
    has_left = False
    while (now := time.monotonic() - began) < _LEAVING:
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


def _page_time(port: int, cookie: str) -> float:
    """Seconds until the home page has arrived."""
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/", headers={"Cookie": cookie, "User-Agent": AGENT} if cookie else {})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    if cookie and response.status != 200:
        raise RuntimeError(f"The page was answered {response.status}")
    return time.perf_counter() - began


def _on_core(number: int) -> list[str]:
    return ["taskset", "--cpu-list", str(number)] if (os.cpu_count() or 1) > number else []


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
    sources = {"before": options.before.resolve(), "now": _ROOT} if options.before else {"now": _ROOT}
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
