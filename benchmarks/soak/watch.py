"""What the server has open, and how much memory it holds: asked every few seconds, of Linux and of PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # 0.32 has no types

_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@dataclass(frozen=True)
class Sample:
    """One moment.

    Attributes:
        at: seconds from the beginning.
        memory: MiB that each worker holds (RSS), by its process id.
        descriptors, threads: how many each worker has.
        connections: to the database, of all workers.
    """

    at: float
    memory: dict[int, float]
    descriptors: dict[int, int]
    threads: dict[int, int]
    connections: int


def workers_of(server: int) -> list[int]:
    """The process ids of a supervisor's workers."""
    return [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]


async def watch(server: int, database: str, samples: list[Sample], *, every: float) -> None:
    """Add a sample every so many seconds, until cancelled."""
    connection = await asyncpg.connect(database)
    began = time.monotonic()
    try:
        while True:
            at, workers = time.monotonic() - began, workers_of(server)
            connections: int = await connection.fetchval(_OTHERS)
            samples.append(_sample(at, workers, connections))
            await asyncio.sleep(every)
    finally:
        await connection.close()


def _sample(at: float, workers: Sequence[int], connections: int) -> Sample:
    return Sample(
        at,
        {pid: _memory(pid) for pid in workers},
        {pid: _count(f"/proc/{pid}/fd") for pid in workers},
        {pid: _count(f"/proc/{pid}/task") for pid in workers},
        connections,
    )


def _memory(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _count(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())
