"""Tables of what was measured and of the model, in Markdown; docs/scale.md shows them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from math import inf

from .figures import Figures, median, ratios
from .model import Assumptions, Check, Needs, checks, costs_of, gives_out_at, limits, needs
from .pages import MEMORY

_ANY_TABLE = re.compile(r"^\|.*\n(\|.*\n)+", re.MULTILINE)
USERS = (100_000, 1_000_000, 10_000_000)


def tables(figures: Figures, assumed: Assumptions | None = None) -> dict[str, str]:
    """Each table by its heading."""
    assumed = assumed or Assumptions()
    return {
        "The page, by where its user is": _table(_PAGE_HEADINGS, _pages(figures)),
        "Workers": _table(_WORKER_HEADINGS, _workers(figures)),
        "Costs": _table(("", "CPU time, or memory"), _costs(figures)),
        "Ten million users": _table(
            ("in the busiest hour", *(f"{users:,} users" for users in USERS)), _needs(figures, assumed)
        ),
        "Assumptions": _table(("", ""), _assumptions(assumed)),
        "What gives out first": _table(_LIMIT_HEADINGS, _limits(figures, assumed)),
        "The model checked": _table(_CHECK_HEADINGS, _checks(figures)),
        "How it was measured": _table(("", ""), _machine(figures)),
    }


def as_markdown(figures: Figures) -> str:
    """All tables, each below its heading."""
    return "\n\n".join(f"## {heading}\n\n{table}" for heading, table in tables(figures).items()) + "\n"


def update_page(text: str, figures: Figures) -> str:
    """A page with the tables of these figures in place of those that are below the same headings.

    Raises:
        ValueError: the page has no such heading, or no table below it.
    """
    for heading, table in tables(figures).items():
        before, found, after = text.partition(f"\n## {heading}\n")
        section, more, rest = after.partition("\n## ")
        replaced, count = _ANY_TABLE.subn(lambda _found, table=table: f"{table}\n", section, count=1)  # type: ignore[misc]
        if not found or not count:
            raise ValueError(f"The page has no table below the heading {heading!r}.")
        text = f"{before}{found}{replaced}{more}{rest}"
    return text


_PAGE_HEADINGS = ("user from", "pages/s", "p99 ms", "cost", "CPU µs: worker", "÷ in memory", "database")


def _pages(figures: Figures) -> Iterator[list[str]]:
    base = figures.pages[MEMORY]
    for name, turns in figures.pages.items():
        yield [
            name,
            f"{median(turns, 'rate'):,.0f}",
            f"{median(turns, 'p99'):,.0f}",
            _ratio(ratios(base, turns, "rate")),
            f"{median(turns, 'worker'):,.0f}",
            _ratio(ratios(turns, base, "worker")),
            f"{median(turns, 'database'):,.0f}",
        ]


_WORKER_HEADINGS = (
    *("workers", "pages/s", "÷ one worker", "p99 ms", "CPU µs: workers", "database", "Redis", "load"),
    *("memory MiB", "connections to PostgreSQL"),
)


def _workers(figures: Figures) -> Iterator[list[str]]:
    one = figures.workers["1"]
    for workers, turns in figures.workers.items():
        shared = figures.shared[workers]
        yield [
            workers,
            f"{median(turns, 'rate'):,.0f}",
            _ratio(ratios(turns, one, "rate")),
            f"{median(turns, 'p99'):,.0f}",
            *(f"{median(turns, what):,.0f}" for what in ("worker", "database", "redis", "load")),
            f"{shared.memory:,.0f}",
            str(shared.connections),
        ]


def _costs(figures: Figures) -> Iterator[list[str]]:
    costs = costs_of(figures)
    for what, seconds in (
        ("a page of a user, look-up included: worker", costs.page),
        ("the same: PostgreSQL", costs.page_database),
        ("a login: worker", costs.login),
        ("of that, the hash", figures.hash / 1e3),
        ("a login: PostgreSQL", costs.login_database),
        ("a look-up without a page: worker", median(figures.look_ups["1"], "worker") / 1e6),
        ("the same: PostgreSQL", costs.key),
        ("opening a websocket: worker", costs.opening),
        ("a message to a websocket: worker", costs.message),
        ("a message of another worker, by 5,000 people online there: worker", costs.news * 5_000),
        ("delivering it: Redis", costs.delivery),
    ):
        yield [what, f"{seconds * 1e3:,.0f} ms" if seconds >= 0.01 else f"{_number(seconds * 1e6)} µs"]
    yield ["a websocket: memory of its worker", f"{costs.socket_kib:,.0f} KiB"]
    yield ["a person online: memory of each other worker", f"{costs.person_kib:.1f} KiB"]
    yield ["a worker: memory", f"{costs.worker_mib:,.0f} MiB"]


def _needs(figures: Figures, assumed: Assumptions) -> Iterator[list[str]]:
    every = [needs(users, costs_of(figures), assumed) for users in USERS]

    def row(name: str, *values: str) -> list[str]:
        return [name, *values]

    def numbers(what: str) -> list[str]:
        return [_number(getattr(each, what)) for each in every]

    yield row("pages a second", *numbers("pages"))
    yield row("logins a second", *numbers("logins"))
    yield row("websockets open", *numbers("sockets"))
    yield row("websockets opened a second", *numbers("openings"))
    yield row("workers, a core each", *numbers("workers"))
    yield row(f"hosts of {assumed.host_cores} cores for them", *(_hosts(each, assumed) for each in every))
    yield row("memory of all workers, GiB", *numbers("memory"))
    yield row("connections to PostgreSQL, or to its pooler", *numbers("connections"))
    yield row("cores of PostgreSQL", *numbers("database"))
    yield row("messages a second, to Redis", *numbers("published"))
    yield row("messages a second, from Redis", *numbers("delivered"))
    yield row("of Redis's one core", *(_percent(each.redis) for each in every))
    yield row("of each worker, reading these messages", *(_percent(each.news) for each in every))


def _assumptions(assumed: Assumptions) -> Iterator[list[str]]:
    yield ["users who come on a day", _percent(assumed.active)]
    yield ["visits of each of them", f"{assumed.visits:g}"]
    yield ["pages of a visit", f"{assumed.pages:g}"]
    yield ["a visit lasts, with one open websocket", f"{assumed.minutes:g} minutes"]
    yield ["visits that begin with a password; the others have a cookie", _percent(assumed.logins)]
    yield ["busiest hour ÷ mean of the day", f"{assumed.peak:g}"]
    yield ["of a core, used at most", _percent(assumed.busy)]
    yield ["cores of a host", str(assumed.host_cores)]


def _machine(figures: Figures) -> Iterator[list[str]]:
    yield ["command", f"`{figures.command}`"]
    for name in MACHINE:
        yield [name, figures.machine[name]]


MACHINE = (
    *("measured", "processor", "cores", "memory", "load before", "load after"),
    *("Python", "quart", "hypercorn", "sqlalchemy", "asyncpg"),
)

_LIMIT_HEADINGS = ("shared", "gives out at, users", "without the live page", "what to do")


def _limits(figures: Figures, assumed: Assumptions) -> Iterator[list[str]]:
    costs = costs_of(figures)
    found = [
        (gives_out_at(limit, costs, assumed), gives_out_at(limit, costs, assumed, live=False), limit)
        for limit in limits(assumed)
    ]
    for at, without, limit in sorted(found, key=lambda each: each[0]):
        yield [limit.part, _rough(at), _rough(without), limit.way_out]


_CHECK_HEADINGS = ("", "model", "measured", "measured / model")


def _checks(figures: Figures) -> Iterator[list[str]]:
    for check in checks(figures):
        yield [
            check.what,
            _number(check.predicted),
            _number(statistics.median(check.measured)),
            _ratio(_by_model(check)),
        ]


def _by_model(check: Check) -> list[float]:
    return [measured / check.predicted for measured in check.measured]


def _ratio(values: Sequence[float]) -> str:
    middle, least, most = statistics.median(values), min(values), max(values)
    return "1" if least == most == 1 else f"{middle:.2f} ({least:.2f} to {most:.2f})"


def _number(value: float) -> str:
    if value == inf:
        return "no number is enough"
    return f"{value:,.0f}" if value >= 20 or value == round(value) else f"{value:.2g}"


def _percent(share: float) -> str:
    return "more than all" if share > 1 else f"{share * 100:.2g} %"


def _hosts(need: Needs, assumed: Assumptions) -> str:
    return _number(-(-need.workers // assumed.host_cores) if need.workers < inf else inf)


def _rough(users: float) -> str:
    """Two digits: it is a model."""
    if users == inf:
        return "above 10,000,000,000"
    return f"{float(f'{users:.1e}'):,.0f}"


def _table(headings: Sequence[str], rows: Iterator[list[str]]) -> str:
    lines = [headings, ["---", *("---:" for _ in headings[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
