"""The home page of a user: by where the user is, from one worker on a core of its own; and by the number of workers."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import redis
from sqlalchemy import NullPool, create_engine, text

from benchmarks.flask_twin.database import synchronous_url
from benchmarks.load.figures import Figures
from benchmarks.load.retry import retry_unanswered
from benchmarks.load.wrk import run_wrk
from benchmarks.measurement.cases import Kind, Place
from benchmarks.measurement.contenders import QUART_APP, QUART_IN_MEMORY
from benchmarks.measurement.stage import Stage, cores, set_stage
from benchmarks.serving.commands import hypercorn, supervised
from benchmarks.serving.process import RunningServer, serve, usage_of, wait_until_idle

from .figures import Shared, Turn

MEMORY, SQLITE, POSTGRESQL, PGBOUNCER = "memory", "SQLite", "PostgreSQL", "PostgreSQL through PgBouncer"
_PLACES = {
    MEMORY: Place(Kind.SQLITE),
    SQLITE: Place(Kind.SQLITE),
    POSTGRESQL: Place(Kind.POSTGRESQL),
    PGBOUNCER: Place(Kind.PGBOUNCER),
}
_CONNECTIONS_THERE = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
_CONNECTIONS = 32
_CONNECTIONS_OF_ALL = 64
_WARM_UP = 1.0
_START = 3.0
"""Seconds of load after which all workers have compiled their templates."""
_WORKERS_START = 60.0  # seconds for all workers to start, on a machine that is busy with other things

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """A running server, and the load that it gets.

    Attributes:
        server: the server.
        cookies: the file of the cookies of its users.
        connections: how many stay open at a time.
        load_core: where the load generator runs; None for all cores.
    """

    server: RunningServer
    cookies: Path
    connections: int
    load_core: int | None


def by_place(folder: Path, *, rounds: int, seconds: float, say: Say) -> dict[str, list[Turn]]:
    """One worker on a core of its own; PostgreSQL, PgBouncer and the load share the other core."""
    server_core, load_core = cores()
    with ExitStack() as stack:
        stages: dict[Place, Stage] = {}
        rows = {}
        for number, (name, place) in enumerate(_PLACES.items()):
            if place not in stages:
                instance = folder / f"place{number}"
                instance.mkdir()
                stages[place] = stack.enter_context(set_stage(place, instance, database_core=load_core))
            stage = stages[place]
            server = serve(
                hypercorn("asyncio"),
                QUART_IN_MEMORY if name == MEMORY else QUART_APP,
                stage.folder,
                environment=stage.environment,
                cores=frozenset() if server_core is None else frozenset({server_core}),
            )
            rows[name] = Row(stack.enter_context(server), stage.users, _CONNECTIONS, load_core)
        return take_turns(rows, rounds=rounds, seconds=seconds, say=say)


def by_workers(
    stage: Stage, redis_url: str, counts: Sequence[int], *, rounds: int, seconds: float, say: Say
) -> tuple[dict[str, list[Turn]], dict[str, Shared]]:
    """So many workers on all cores, beside PostgreSQL, Redis and the load, all on the same database."""
    connections: dict[str, int] = {}
    subscriptions: dict[str, int] = {}
    with ExitStack() as stack:
        rows = {}
        for count in counts:
            before = _database_connections(stage), _subscriptions(redis_url)
            environment = {**stage.environment, "REDIS_URL": redis_url}
            server = serve(supervised(), "", stage.folder, environment=environment, workers=count)
            rows[str(count)] = row = Row(stack.enter_context(server), stage.users, _CONNECTIONS_OF_ALL, None)
            _wait_for_subscriptions(redis_url, before[1] + count)
            take_turn(row, _START)
            wait_until_idle(row.server)
            connections[str(count)] = _database_connections(stage) - before[0]
            subscriptions[str(count)] = _subscriptions(redis_url) - before[1]
        turns = take_turns(rows, rounds=rounds, seconds=seconds, say=say)
        shared = {
            count: Shared(round(row.server.usage().memory / 2**20, 1), connections[count], subscriptions[count])
            for count, row in rows.items()
        }
    return turns, shared


def take_turns(rows: Mapping[str, Row], *, rounds: int, seconds: float, say: Say) -> dict[str, list[Turn]]:
    """Each row once, then each row again, the other way round: what else the machine does hits them all."""
    turns: dict[str, list[Turn]] = {name: [] for name in rows}
    for row in rows.values():
        take_turn(row, _WARM_UP)
        wait_until_idle(row.server)
    for number in range(rounds):
        for name, row in list(rows.items())[:: 1 if number % 2 else -1]:
            turn = take_turn(row, seconds)
            turns[name].append(turn)
            say(f"{number + 1}/{rounds}: {name}: {turn.rate:,.0f}/s, {turn.worker:,.0f} µs of a worker")
    return turns


def take_turn(row: Row, seconds: float) -> Turn:
    """One turn, or a longer one if it ended before the first page was answered.

    Raises:
        RuntimeError: there were errors: the speed of failing is nothing to compare.
    """

    def take(seconds: float) -> tuple[Figures, dict[str, float]]:
        before = _usage(row.server)
        figures = run_wrk(
            f"{row.server.url}/", connections=row.connections, seconds=seconds, cookies=row.cookies, core=row.load_core
        )
        return figures, {name: used - before[name] for name, used in _usage(row.server).items()}

    figures, used = retry_unanswered(take, seconds, is_unanswered=lambda taken: taken[0].is_unanswered)
    if figures.errors or not figures.requests:
        raise RuntimeError(f"{figures.errors} errors, {figures.requests} pages: {figures.command}")
    each = 1e6 / figures.requests
    return Turn(
        rate=round(figures.rate, 1), p99=figures.p99, **{name: round(cpu * each, 1) for name, cpu in used.items()}
    )


def _usage(server: RunningServer) -> dict[str, float]:
    """Seconds of CPU so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)  # the load generator ends with its turn
    return {
        "worker": server.usage().cpu,
        "database": usage_of("postgres").cpu + usage_of("pgbouncer").cpu,
        "redis": usage_of("redis-server").cpu,
        "load": ended.ru_utime + ended.ru_stime,
    }


def _database_connections(stage: Stage) -> int:
    engine = create_engine(synchronous_url(stage.environment["DATABASE_URL"]), poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(_CONNECTIONS_THERE).scalar_one())


def _wait_for_subscriptions(redis_url: str, count: int) -> None:
    """Wait until all workers serve, but not for ever: a server answers as soon as its first worker does."""
    deadline = time.monotonic() + _WORKERS_START
    while time.monotonic() < deadline and _subscriptions(redis_url) < count:
        time.sleep(0.1)


def _subscriptions(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return sum(count for _, count in client.pubsub_numsub(*client.pubsub_channels()))
