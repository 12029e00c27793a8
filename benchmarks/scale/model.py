"""What so many users need, computed from what was measured: a model on paper.

All of it is linear but two things: each worker reads what each other worker publishes, so that the messages grow with
the square of the workers; and a worker needs more of itself for these messages the more workers there are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

from .figures import CORES, Figures, median
from .pages import POSTGRESQL

_DAY = 86_400
_MESSAGES_OF_A_WORKER = 2_000
"""Messages a second that a worker sends to its websockets at most, while people come and go: see ``live/hub``."""
_PUBLISHED = 10
"""Messages a second that a worker publishes at most: see ``live/channel``."""
_CONNECTIONS_OF_A_WORKER = 12
"""To PostgreSQL at most: ``DATABASE_POOL_SIZE``, one for look-ups, and one for health checks."""
_MANY = 100
"""Times the workers that pages and logins need: with so many, they would do nothing but read each other's messages."""
_WATCH_INTERVAL = 2
"""Seconds between two queries for the login sessions of all websockets of a worker: see ``live/watch``."""


@dataclass(frozen=True)
class Assumptions:
    """How people use the site. No measurement is behind these.

    Attributes:
        active: the share of users who come on a day.
        visits: of an active user on that day.
        pages: of a visit.
        minutes: that a visit lasts, with one open websocket.
        logins: the share of visits that begin with a password; the others have a cookie.
        peak: the load of the busiest hour, divided by the mean of the day.
        busy: the share of a core that is used at most, so that nothing waits long.
        host_cores: of each host.
    """

    active: float = 0.2
    visits: float = 2.0
    pages: float = 10.0
    minutes: float = 10.0
    logins: float = 0.1
    peak: float = 4.0
    busy: float = 0.6
    host_cores: int = 16


@dataclass(frozen=True)
class Costs:
    """Seconds of CPU, and KiB of memory.

    Attributes:
        page: of a worker, with its look-up.
        page_database: of PostgreSQL, for the look-up of a page.
        login: of a worker, with the hash.
        login_database: of PostgreSQL.
        opening: of a worker, for a websocket.
        message: of a worker, for a message to a websocket.
        news: of a worker, for a message of another one, for each person online there.
        delivery: of Redis, for a message to one worker.
        key: of PostgreSQL, for each login session in a look-up.
        socket_kib: memory of a websocket.
        person_kib: memory of each worker for a person who is online anywhere.
        worker_mib: memory of a worker.
    """

    page: float
    page_database: float
    login: float
    login_database: float
    opening: float
    message: float
    news: float
    delivery: float
    key: float
    socket_kib: float
    person_kib: float
    worker_mib: float


def costs_of(figures: Figures) -> Costs:
    """The medians of a run."""
    page, login = figures.pages[POSTGRESQL], figures.logins
    micro = 1e-6
    return Costs(
        page=median(page, "worker") * micro,
        page_database=median(page, "database") * micro,
        login=median(login, "worker") * micro,
        login_database=median(login, "database") * micro,
        opening=figures.sockets.opening * micro,
        message=figures.sockets.message * micro,
        news=figures.sockets.news * micro,
        delivery=figures.sockets.delivery * micro,
        key=median(figures.look_ups["1"], "database") * micro,
        socket_kib=figures.sockets.kib,
        person_kib=figures.sockets.person / 1024,
        worker_mib=max(shared.memory / int(workers) for workers, shared in figures.shared.items()),
    )


@dataclass(frozen=True)
class Needs:
    """What so many users need in the busiest hour.

    Attributes:
        pages, logins, openings: a second.
        sockets: open websockets.
        workers: on a core each; infinite if no number of workers is enough.
        news: the share of each worker that reading the messages of the others takes.
        memory: GiB of all workers.
        connections: to PostgreSQL or its pooler, at most.
        database: cores of PostgreSQL.
        published, delivered: messages a second to and from Redis.
        redis: cores of Redis, which has one thread.
    """

    pages: float
    logins: float
    openings: float
    sockets: float
    workers: float
    news: float
    memory: float
    connections: float
    database: float
    published: float
    delivered: float
    redis: float


def needs(users: float, costs: Costs, assumed: Assumptions, *, live: bool = True) -> Needs:
    """What so many users need; without *live*, nobody opens a websocket."""
    visits = users * assumed.active * assumed.visits * assumed.peak / _DAY
    sockets = visits * assumed.minutes * 60 if live else 0.0
    openings = visits if live else 0.0
    pages, logins = visits * assumed.pages, visits * assumed.logins
    work = pages * costs.page + logins * costs.login + openings * costs.opening
    workers = _workers(work, sockets, openings, costs, assumed)
    published = workers * _published(workers, openings)
    delivered = published * workers
    checked = sockets / _WATCH_INTERVAL
    return Needs(
        pages=pages,
        logins=logins,
        openings=openings,
        sockets=sockets,
        workers=workers,
        news=_news(workers, sockets, openings, costs),
        memory=(workers * (costs.worker_mib + sockets * costs.person_kib / 1024) + sockets * costs.socket_kib / 1024)
        / 1024,
        connections=workers * _CONNECTIONS_OF_A_WORKER,
        database=pages * costs.page_database + logins * costs.login_database + checked * costs.key,
        published=published,
        delivered=delivered,
        redis=delivered * costs.delivery,
    )


def _workers(work: float, sockets: float, openings: float, costs: Costs, assumed: Assumptions) -> float:
    """The least number of workers none of which is too busy."""

    def is_enough(workers: int) -> bool:
        messages = min(_MESSAGES_OF_A_WORKER, sockets / workers * _PUBLISHED) * costs.message
        return work / workers + messages + _news(workers, sockets, openings, costs) <= assumed.busy

    for_work = most = max(1, ceil(work / assumed.busy))
    while not is_enough(most):
        most *= 2
        if most > _MANY * for_work:
            return inf
    return bisect_left(range(most), True, lo=max(for_work, most // 2), key=is_enough)


def _published(workers: float, openings: float) -> float:
    """Messages a second that each worker publishes: each opening is a change, and so is its end."""
    return min(_PUBLISHED, 2 * openings / workers) if workers < inf else _PUBLISHED


def _news(workers: float, sockets: float, openings: float, costs: Costs) -> float:
    """The share of a worker that reading takes: of each other worker's messages, each about all its people."""
    people = sockets / workers
    return (workers - 1) * _published(workers, openings) * people * costs.news if workers < inf else inf


@dataclass(frozen=True)
class Limit:
    """A part that there is only one of.

    Attributes:
        part: what it is.
        way_out: what to do about it.
        used: how much of it so many users need; 1 is all of it.
    """

    part: str
    way_out: str
    used: Callable[[Needs], float]


def limits(assumed: Assumptions) -> tuple[Limit, ...]:
    """The shared parts, each with its capacity in this model."""
    return (
        Limit(
            "PostgreSQL's connections (100, its default), without a pooler",
            "a pooler: `DATABASE_POOLER=transaction`",
            lambda need: need.connections / 100,
        ),
        Limit(
            "presence messages, which each worker reads from all others",
            "a live page for groups, not for all users together",
            lambda need: need.news / assumed.busy,
        ),
        Limit(
            "Redis, one thread",
            "one Redis for each group of workers",
            lambda need: need.redis / assumed.busy,
        ),
        Limit(
            f"PostgreSQL on one host of {assumed.host_cores} cores",
            "replicas, or users divided among servers",
            lambda need: need.database / assumed.host_cores / assumed.busy,
        ),
    )


def gives_out_at(limit: Limit, costs: Costs, assumed: Assumptions, *, live: bool = True) -> float:
    """How many users are too many for a part; infinite if 10,000,000,000 are not."""
    least, most = 1.0, 1e10
    if limit.used(needs(most, costs, assumed, live=live)) < 1:
        return inf
    while most / least > 1.001:
        middle = (least * most) ** 0.5
        if limit.used(needs(middle, costs, assumed, live=live)) < 1:
            least = middle
        else:
            most = middle
    return most


@dataclass(frozen=True)
class Check:
    """What the model says beside what was measured."""

    what: str
    predicted: float
    measured: list[float]


def checks(figures: Figures) -> list[Check]:
    """Pages by several workers, logins, and look-ups, predicted from the costs of one."""
    page = median(figures.pages[POSTGRESQL], "cpu")
    look_up = median(figures.look_ups["1"], "cpu")
    return [
        *(
            Check(f"pages a second, {workers} workers", CORES / page * 1e6, [turn.rate for turn in turns])
            for workers, turns in figures.workers.items()
            if int(workers) >= CORES
        ),
        Check("logins a second, 2 workers", CORES / figures.hash * 1e3, [turn.rate for turn in figures.logins]),
        Check("look-ups a second, 2 processes", CORES / look_up * 1e6, [turn.rate for turn in figures.look_ups["2"]]),
    ]
