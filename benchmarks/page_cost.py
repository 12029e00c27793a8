"""What the database costs the page of a user: a login session out of a database beside a user in memory.

The same application, served twice by Hypercorn; in one of them the user loader remembers what it has found once. wrk
asks both for the home page of a logged-in user, in turns, so that other work on the machine slows both alike;
the ratio of a round is its own, and the median of the rounds' ratios is reported: of the time that the server's core
was at work, and of the time that went by, which is the same on a machine that does nothing else.

    python -m benchmarks.page_cost [--database postgresql] [--rounds 10] [--seconds 3] [--connections 32] [--json FILE]

What the page of a user in memory costs by itself, in instructions, beside an earlier build of the application
(see :mod:`benchmarks.measurement.instructions`). It needs valgrind, no server and no quiet machine:

    python -m benchmarks.page_cost --against 927b08d

The same by where the user is, in memory, in SQLite and in PostgreSQL, one page at a time and 32 at once:

    python -m benchmarks.page_cost --instructions
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.environment import CHEAP_HASH
from benchmarks.load.retry import retry_unanswered
from benchmarks.measurement import instructions
from benchmarks.measurement.postgresql import postgresql_url
from benchmarks.servers import Client, Load, Server, hypercorn, wrk
from quart_app import create_app
from quart_app.accounts.login import login_manager
from quart_app.application import Application
from quart_app.models.user import User
from quart_app.sessions.lookup import find_user

GOALS = {"sqlite": 1.25, "postgresql": 1.15}
NAMES = ("in memory", "from the database")
_UNHURRIED = {"PASSWORD_METHOD": CHEAP_HASH, "WAITING_TIME": "60"}
"""For the account that is made before the turns: on a busy machine its password would not be hashed in time."""


def remembering_app() -> Application:
    """The application with a user loader that caches every user it has loaded."""
    users: dict[str, User | None] = {}

    @login_manager.user_loader
    async def load_user(handle: str) -> User | None:
        if handle not in users:
            users[handle] = await find_user(handle)
        return users[handle]

    return create_app()


class Turn(NamedTuple):
    """Microseconds a request."""

    cpu: float
    elapsed: float


@contextmanager
def database_of_kind(kind: str) -> Iterator[None]:
    """An empty database, which the servers of this block use: SQLite's file in their folder, or a real PostgreSQL."""
    if kind == "sqlite":
        yield
        return
    with postgresql_url(delay_ms=0, core=1 if (os.cpu_count() or 1) > 1 else None) as url:
        os.environ["DATABASE_URL"] = url
        try:
            yield
        finally:
            del os.environ["DATABASE_URL"]


def measure(database: str, rounds: int, seconds: int, connections: int) -> dict[str, list[Turn]]:
    """The turns of each contender."""
    turns: dict[str, list[Turn]] = {name: [] for name in NAMES}
    with (
        TemporaryDirectory() as folder,
        database_of_kind(database),
        hypercorn("benchmarks.page_cost:remembering_app()", Path(folder), environment=_UNHURRIED) as in_memory,
        hypercorn("quart_app:create_app()", Path(folder), environment=_UNHURRIED) as from_database,
    ):
        client = Client(from_database.port)
        client.register_and_login("susan")
        client.request("GET", "/index")  # brings the token of the forms: without it each page would make one
        for number in range(rounds + 1):
            contenders = list(zip(NAMES, (in_memory, from_database), strict=True))
            for name, server in contenders if number % 2 else reversed(contenders):
                turn = take_turn(server, client.cookie, seconds, connections)
                if number:  # the first round warms up
                    turns[name].append(turn)
    return turns


def take_turn(server: Server, cookie: str, seconds: int, connections: int) -> Turn:
    """One turn, or a longer one if it ended before the first page was answered.

    Raises:
        RuntimeError: there were errors, or no page at all.
    """

    def take(seconds: float) -> tuple[Load, float]:
        begin = server.cpu_seconds()
        load = wrk(server.port, "/index", cookie, connections=connections, seconds=seconds)
        return load, server.cpu_seconds() - begin

    load, cpu = retry_unanswered(take, seconds, is_unanswered=lambda taken: taken[0].is_unanswered)
    if load.is_unanswered:
        raise RuntimeError(f"No page was answered in {load.seconds:.0f} seconds.")
    return Turn(cpu / load.requests * 1e6, load.seconds / load.requests * 1e6)


def report(turns: dict[str, list[Turn]]) -> dict[str, dict[str, float]]:
    """Medians, and ratios to the user in memory."""
    base = turns[NAMES[0]]
    return {
        name: {
            f"{kind}{unit}": round(statistics.median(values), digits)
            for kind in Turn._fields
            for unit, digits, values in (
                (", µs", 0, [getattr(turn, kind) for turn in own]),
                (", ratio", 3, [getattr(turn, kind) / getattr(b, kind) for turn, b in zip(own, base, strict=True)]),
            )
        }
        for name, own in turns.items()
    }


def main() -> None:
    """Measure and print a table; as JSON to a file on request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", choices=GOALS, default="sqlite")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=3, help="in a turn")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", metavar="REVISION", help="count instructions in this build and in another one")
    parser.add_argument("--instructions", action="store_true", help="count instructions by where the user is")
    options = parser.parse_args()

    if options.instructions:
        for name, figure in instructions.by_database().items():
            print(f"{name:24}{figure:16,.0f}")
        return
    if options.against:
        counted = instructions.compare(options.against)
        for name, figure in counted.items():
            print(f"{name:18}{figure:16,.3f}" if name == "ratio" else f"{name:18}{figure:16,.0f}")
        if options.json:
            options.json.write_text(json.dumps(counted, indent=2))
        return
    rows = report(measure(options.database, options.rounds, options.seconds, options.connections))
    columns = list(rows[NAMES[0]])
    print(f"{'':18}" + "".join(f"{column:>16}" for column in columns) + "    goal")
    for name, row in rows.items():
        figures = "".join(f"{row[column]:16g}" for column in columns)
        print(f"{name:18}{figures}    {GOALS[options.database] if name == NAMES[1] else ''}")
    if options.json:
        options.json.write_text(json.dumps({"rows": rows}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
