"""What is compared with what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from benchmarks.serving.commands import hypercorn

from .contenders import (
    COMPAT_PEER,
    FLASK_16,
    FLASK_64,
    FLASK_WORKERS,
    FRAMEWORKS,
    QUART,
    QUART_AUTH_PEER,
    QUART_IN_MEMORY,
    SERVERS,
    Contender,
)
from .loads import How, Load, Who


class Kind(Enum):
    """Which database."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"
    PGBOUNCER = "PostgreSQL through PgBouncer"


@dataclass(frozen=True)
class Place:
    """Where the users are.

    Attributes:
        delay_ms: how far away it is.
        users: how many accounts there are.
        real_hash: whether their passwords are hashed as in production, or by something that costs nothing.
    """

    kind: Kind = Kind.SQLITE
    delay_ms: float = 0.0
    users: int = 2_000
    real_hash: bool = False

    def __str__(self) -> str:
        far = f", {self.delay_ms:g} ms away" if self.delay_ms else ""
        return f"{self.kind.value}{far}, {self.users:,} users"


@dataclass(frozen=True)
class Row:
    """One line of a table: a contender, under a load, with its users in a place."""

    name: str
    contender: Contender
    load: Load
    place: Place = Place()


@dataclass(frozen=True)
class Case:
    """Rows that take turns.

    Attributes:
        key: a short name, for the command line and for links.
        question: what the rows answer.
        all_cores: whether the server runs on all cores, beside the load. Otherwise it has its own core, and the load
            shares the other one with PostgreSQL and PgBouncer.
        is_quick: whether ``--quick`` has it.
        most_repetitions: fewer turns, where one takes long.
        is_usual: whether it is measured without being asked for by ``--only`` or ``--thorough``.
        left_out: the optional rows that are not installed, and how to get each.
    """

    key: str
    question: str
    rows: tuple[Row, ...]
    all_cores: bool = False
    is_quick: bool = False
    most_repetitions: int = 1000
    is_usual: bool = True
    left_out: tuple[str, ...] = ()

    def repetitions(self, usual: int) -> int:
        """How many turns each row has, where there are usually so many."""
        return min(usual, self.most_repetitions)


_ASYNC_AND_SYNC = (QUART, FLASK_16)
#: Connections, and how many seconds a turn lasts at least with so many.
_SECONDS = {1: 1, 32: 1, 256: 2, 1000: 5}
_LONGER = 3
"""Seconds of a turn where shorter ones differed by more than a quarter from each other."""
_TWO_WORKERS = (
    QUART,
    replace(QUART, name="Quart, 2 workers", workers=2),
    FLASK_16,
    replace(FLASK_16, name="Flask, 2 workers", workers=2),
)
_SOCKETS = 5_000
_STORM = 4
"""Seconds that 64 logins take on two cores, or less; they have four times as long."""


def all_cases() -> tuple[Case, ...]:
    """Every case, for the machine as it is: what is optional and not installed, is left out."""
    return (
        Case(
            "page",
            "The home page of a user, on each server",
            _each(SERVERS, Load()),
            is_quick=True,
            left_out=_left_out(SERVERS),
        ),
        Case("public", "The login page, for strangers", _each(_ASYNC_AND_SYNC, Load("/login", who=Who.STRANGERS))),
        Case("json", "Who am I, as JSON", _each(_ASYNC_AND_SYNC, Load("/api/v1/me"))),
        Case(
            "remember",
            "A login restored from the remember cookie, at each request",
            _each(_ASYNC_AND_SYNC, Load(who=Who.REMEMBERED)),
        ),
        Case(
            "concurrency",
            "The home page, with more and more connections",
            tuple(
                Row(f"{contender.name}, c={depth}", contender, Load(connections=depth, least_seconds=_SECONDS[depth]))
                for depth in _SECONDS
                for contender in _ASYNC_AND_SYNC
            ),
            is_quick=True,
        ),
        *_far_databases(),
        Case(
            "postgresql",
            "The home page, its user from PostgreSQL, here and 20 ms away",
            tuple(
                Row(
                    f"{contender.name}, {delay} ms",
                    contender,
                    Load(connections=depth, least_seconds=seconds),
                    Place(Kind.POSTGRESQL, delay),
                )
                for delay, depth, seconds in ((0, 32, 1), (20, 256, 2))
                for contender in (QUART, FLASK_64)
            ),
        ),
        Case(
            "open",
            "The home page at a rate that both can keep up with: what users wait",
            _each(_ASYNC_AND_SYNC, Load(how=How.OPEN, rate=200.0, connections=256)),
        ),
        Case(
            "login",
            "Logging in, with the hash that production has",
            _each(
                _ASYNC_AND_SYNC,
                Load("/login", how=How.LOGINS, who=Who.STRANGERS, connections=4, least_seconds=3),
                Place(real_hash=True),
            ),
        ),
        Case(
            "storm",
            "64 logins at once, on all cores; percentiles are those of the home page beside it",
            _each(
                _ASYNC_AND_SYNC,
                Load("/login", how=How.STORM, connections=64, least_seconds=_STORM),
                Place(real_hash=True),
            ),
            all_cores=True,
            is_quick=True,
        ),
        Case(
            "database",
            "What the database costs: users from SQLite, PostgreSQL, and memory",
            (
                Row("SQLite", QUART, Load(least_seconds=_LONGER)),
                Row("PostgreSQL", QUART, Load(least_seconds=_LONGER), Place(Kind.POSTGRESQL)),
                Row("PostgreSQL through PgBouncer", QUART, Load(least_seconds=_LONGER), Place(Kind.PGBOUNCER)),
                Row(
                    "memory",
                    Contender("Quart, memory", hypercorn("asyncio"), QUART_IN_MEMORY),
                    Load(least_seconds=_LONGER),
                ),
            ),
        ),
        Case(
            "users",
            "The home page, as users grow in number",
            tuple(
                Row(f"{users:,} users", QUART, Load(least_seconds=_LONGER), Place(users=users))
                for users in (1_000, 1_000_000)
            ),
        ),
        Case(
            "frameworks",
            "The home page of a user, by the libraries that people would pick, one and 32 connections",
            _with_depths(FRAMEWORKS, (1, 32)),
            is_usual=False,
            left_out=_left_out(FRAMEWORKS),
        ),
        Case(
            "flask",
            "The home page by gunicorn's workers, 32 and 256 connections",
            _with_depths(FLASK_WORKERS, (32, 256)),
            is_usual=False,
            left_out=_left_out(FLASK_WORKERS),
        ),
        Case(
            "peers",
            "A protected view without template and database: compat beside Quart-Auth",
            _each(
                (
                    Contender("compat", hypercorn("asyncio"), COMPAT_PEER),
                    Contender("Quart-Auth", hypercorn("asyncio"), QUART_AUTH_PEER),
                ),
                Load("/protected", who=Who.PEERS, least_seconds=_LONGER),
            ),
        ),
        Case(
            "http2",
            "The home page over HTTP/1.1 and HTTP/2, by the same load generator",
            tuple(
                Row(how.value.rpartition("(h2load), ")[2], QUART, Load(how=how)) for how in (How.H2LOAD_1, How.H2LOAD_2)
            ),
        ),
        Case(
            "workers",
            "One and two workers, on all cores, beside the load",
            _each(_TWO_WORKERS, Load(connections=64)),
            all_cores=True,
        ),
        Case(
            "websockets",
            f"{_SOCKETS:,} websockets of users on one worker",
            tuple(
                Row(name, QUART, Load("/live/ws", _SOCKETS, how=how), Place(users=_SOCKETS + 1))
                for name, how in (("idle", How.IDLE_SOCKETS), ("talking", How.TALKING_SOCKETS))
            ),
            most_repetitions=2,
        ),
    )


def _each(contenders: Iterable[Contender], load: Load, place: Place | None = None) -> tuple[Row, ...]:
    return tuple(
        Row(contender.name, contender, load, place or Place())
        for contender in contenders
        if contender.is_installed or not contender.is_optional
    )


def _with_depths(contenders: Iterable[Contender], depths: Iterable[int]) -> tuple[Row, ...]:
    """Each contender with each number of connections."""
    loads = {depth: Load(connections=depth, least_seconds=_LONGER) for depth in depths}
    return tuple(
        replace(row, name=f"{row.name}, c={depth}") for depth in depths for row in _each(contenders, loads[depth])
    )


def _left_out(contenders: Iterable[Contender]) -> tuple[str, ...]:
    return tuple(
        f"{contender.name} is not installed: {contender.how_to_get}"
        for contender in contenders
        if contender.is_optional and not contender.is_installed
    )


def _far_databases() -> list[Case]:
    """The database of users 5, 20 and 100 ms away, with as many connections as keep the server busy."""
    return [
        Case(
            f"delay{delay}",
            f"The home page, the database {delay} ms away, {depth:,} connections",
            _each(
                (QUART, FLASK_16, FLASK_64) if delay == 20 else (QUART, FLASK_64),
                Load(connections=depth, least_seconds=seconds),
                Place(delay_ms=delay),
            ),
            is_quick=delay == 20,
        )
        for delay, depth, seconds in ((5, 64, 1), (20, 256, _LONGER), (100, 1000, 6))
    ]
