"""What the opening of a websocket costs at least: ours, an empty view of Quart, and an accept without a framework.

    python -m benchmarks.websocket_floor    # three rounds of 2,000 websockets each, about half a minute

The three are opened in turns, by the same clients, from one worker on one core with ``hypercorn.toml``. The last two
know no login, no origin and no message, so what they cost is what Quart and Hypercorn leave to an application.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.load.websockets import allow_many_files
from benchmarks.one_worker import ROOT, make_logins, page_time, served
from benchmarks.servers import Server, hypercorn
from benchmarks.websocket_cost import crowd

_EMPTY = "benchmarks.applications.empty_websocket"


class Opening(NamedTuple):
    """One turn.

    Attributes:
        a_second: openings a second.
        cpu: milliseconds of the server's CPU time for each.
    """

    a_second: float
    cpu: float


@contextmanager
def _ours(folder: Path) -> Iterator[Server]:
    with served(ROOT, folder) as server:
        page = (folder / "cookies").read_text().splitlines()[-1]
        for _ in range(20):  # templates, caches
            page_time(server.port, page)
        yield server


SERVERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "ours": _ours,
    "an empty view of Quart": lambda folder: hypercorn(f"{_EMPTY}:quart", folder),
    "an accept without a framework": lambda folder: hypercorn(f"{_EMPTY}:asgi", folder),
}


def measure(*, count: int, rounds: int) -> dict[str, list[Opening]]:
    """Open so many websockets at each server, in turns.

    Raises:
        RuntimeError: a handshake was refused.
    """
    turns: dict[str, list[Opening]] = {name: [] for name in SERVERS}
    with tempfile.TemporaryDirectory(prefix="websockets-") as name_of_folder:
        folder = Path(name_of_folder)
        cookies = make_logins(folder, count)
        for _ in range(rounds):
            for name, serve in SERVERS.items():
                with serve(folder) as server:
                    before = server.cpu_seconds()
                    with crowd(server, cookies, count) as (_, opened):
                        cpu = server.cpu_seconds() - before
                if opened["refused"]:
                    raise RuntimeError(f"{name}: {opened['refused']:.0f} handshakes were refused")
                turns[name].append(Opening(count / opened["seconds"], cpu * 1000 / count))
    return turns


def main() -> None:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.websocket_floor", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--count", type=int, default=2000, help="websockets of each turn (2000)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (3)")
    options = parser.parse_args()
    allow_many_files()
    turns = measure(count=options.count, rounds=options.rounds)
    for name, each in turns.items():
        shares = [turn.cpu / ours.cpu for turn, ours in zip(each, turns["ours"], strict=True)]
        print(
            f"{name}: {statistics.median(turn.a_second for turn in each):.0f} openings a second, "
            f"{statistics.median(turn.cpu for turn in each):.2f} ms of CPU each, "
            f"{statistics.median(shares):.2f} of ours ({min(shares):.2f} to {max(shares):.2f})"
        )


if __name__ == "__main__":
    main()
