"""What was measured, to and from JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CORES = 2
"""The cores of the machine that the measurement needs: one to serve, one for the load and for the database."""


@dataclass(frozen=True)
class Turn:
    """One turn of load.

    Attributes:
        rate: pages, logins or look-ups a second.
        p99: milliseconds; 0 where it was not measured.
        worker: microseconds of CPU of the workers for each of them.
        database: the same of PostgreSQL, and of PgBouncer if it is used.
        redis: the same of Redis.
        load: the same of the load generator.
    """

    rate: float
    p99: float
    worker: float
    database: float
    redis: float = 0.0
    load: float = 0.0

    @property
    def cpu(self) -> float:
        """Microseconds of CPU of all together."""
        return self.worker + self.database + self.redis + self.load


@dataclass(frozen=True)
class Shared:
    """What a number of workers has together.

    Attributes:
        memory: MiB of the supervisor and its workers; what they share is counted once.
        connections: to PostgreSQL.
        subscriptions: to the channel in Redis.
    """

    memory: float
    connections: int
    subscriptions: int


@dataclass(frozen=True)
class Sockets:
    """What websockets cost.

    Attributes:
        kib: memory of one.
        opening: microseconds of a worker's CPU to open one.
        message: microseconds of a worker's CPU to send one message.
        news: microseconds of a worker's CPU to read a message of another worker, for each person online there.
        person: bytes that a worker keeps of each person who is online at another one.
        delivery: microseconds of Redis's CPU to deliver one message to one worker.
    """

    kib: float
    opening: float
    message: float
    news: float
    person: int
    delivery: float


@dataclass(frozen=True)
class Figures:
    """A whole run.

    Attributes:
        command: that measured.
        machine: where.
        pages: turns of one worker on a core of its own, by where its users are.
        workers: turns on all cores, by the number of workers.
        shared: by the number of workers.
        hash: milliseconds of CPU of one password's hash.
        logins: turns of two workers on all cores; ``worker`` includes the hash.
        sockets: what they cost.
        look_ups: turns of one process with a core of its own, and of two on all cores.
    """

    command: str
    machine: dict[str, str]
    pages: dict[str, list[Turn]]
    workers: dict[str, list[Turn]]
    shared: dict[str, Shared]
    hash: float
    logins: list[Turn]
    sockets: Sockets
    look_ups: dict[str, list[Turn]]

    def write(self, file: Path) -> None:
        """As JSON."""
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def read_figures(file: Path) -> Figures:
    """What :meth:`Figures.write` wrote."""
    told: dict[str, Any] = json.loads(file.read_text())
    for name in ("pages", "workers", "look_ups"):
        told[name] = {row: _turns(turns) for row, turns in told[name].items()}
    told["logins"] = _turns(told["logins"])
    told["shared"] = {workers: Shared(**shared) for workers, shared in told["shared"].items()}
    return Figures(**{**told, "sockets": Sockets(**told["sockets"])})


def _turns(turns: Sequence[dict[str, float]]) -> list[Turn]:
    return [Turn(**turn) for turn in turns]


def median(turns: Sequence[Turn], what: str) -> float:
    """The median of a figure, by its name."""
    return float(statistics.median(getattr(turn, what) for turn in turns))


def ratios(turns: Sequence[Turn], by: Sequence[Turn], what: str) -> list[float]:
    """A figure of each turn divided by that of another row in the same round."""
    return [getattr(mine, what) / getattr(theirs, what) for mine, theirs in zip(turns, by, strict=True)]
