"""Several workers, what they share, and the model of many users."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from itertools import chain, repeat
from math import inf
from pathlib import Path

import pytest

from benchmarks.measurement.stage import Stage
from benchmarks.scale import pages
from benchmarks.scale.figures import Figures, Shared, Sockets, Turn, read_figures
from benchmarks.scale.measure import measure
from benchmarks.scale.model import Assumptions, Costs, checks, costs_of, gives_out_at, limits, needs
from benchmarks.scale.pages import MEMORY, PGBOUNCER, POSTGRESQL, SQLITE
from benchmarks.scale.report import MACHINE, tables, update_page
from benchmarks.serving.process import RunningServer, Usage, pin, usage_of

ASSUMED = Assumptions(
    active=0.1, visits=1, pages=10, minutes=10, logins=0.5, peak=2, busy=0.5, host_cores=4
)  # 86,400,000 users: 200 visits a second

COSTS = Costs(
    page=0.001, page_database=0.0001, login=0.2, login_database=0.001, opening=0.002,
    message=0.0, news=0.0, delivery=1e-6, key=1e-5, socket_kib=32, person_kib=0, worker_mib=100,
)  # fmt: skip
USERS = 86_400_000


@pytest.fixture
def figures() -> Figures:
    """Round numbers."""
    turns = [Turn(rate=1000.0, p99=40.0, worker=900.0, database=50.0, load=50.0), Turn(500.0, 80.0, 900.0, 50.0)]
    quick = [replace(turn, rate=turn.rate * 2, worker=500.0) for turn in turns]
    return Figures(
        command="python -m benchmarks.scale",
        machine=dict.fromkeys(MACHINE, "some"),
        pages={MEMORY: quick, SQLITE: turns, POSTGRESQL: turns, PGBOUNCER: turns},
        workers={"1": turns, "2": quick, "4": quick},
        shared={each: Shared(memory=100.0 * int(each), connections=3, subscriptions=1) for each in "124"},
        hash=100.0,
        logins=[Turn(10.0, 500.0, 110_000.0, 1_000.0, 100.0)],
        sockets=Sockets(kib=30.0, opening=2_000.0, message=100.0, news=0.1, person=400, delivery=4.0),
        look_ups={"1": [Turn(9_000.0, 0.0, 80.0, 20.0)], "2": [Turn(10_000.0, 0.0, 80.0, 20.0)]},
    )


@pytest.mark.quick
def test_figures_come_back_from_json(figures: Figures, tmp_path: Path) -> None:
    """Figures that were written as JSON can be reported again."""
    figures.write(tmp_path / "scale.json")
    assert read_figures(tmp_path / "scale.json") == figures


@pytest.mark.quick
def test_costs_are_those_of_postgresql(figures: Figures) -> None:
    """The model's page is the one whose user is in PostgreSQL; a worker's memory is that of the largest."""
    costs = costs_of(figures)
    assert (costs.page, costs.page_database) == pytest.approx((900e-6, 50e-6))
    assert (costs.login, costs.key, costs.opening, costs.worker_mib) == pytest.approx((0.11, 20e-6, 0.002, 100))


@pytest.mark.quick
def test_needs_of_the_busiest_hour() -> None:
    """Visits, pages, logins, websockets and cores, as one would compute them by hand."""
    need = needs(USERS, COSTS, ASSUMED)
    assert (need.pages, need.logins, need.openings, need.sockets) == pytest.approx((2000, 100, 200, 120_000))
    # 2 + 20 + 0.4 cores at work, none of them for more than half of the time
    assert need.workers == 45
    assert need.connections == 45 * 12
    assert need.database == pytest.approx(0.2 + 0.1 + 0.6)
    assert need.memory == pytest.approx((45 * 100 + 120_000 * 32 / 1024) / 1024)


@pytest.mark.quick
def test_messages_grow_with_the_square_of_the_workers() -> None:
    """While more than ten people a second come or go at each worker, all read ten messages a second of each."""
    need = needs(USERS, replace(COSTS, login=0.01), ASSUMED)
    assert need.workers == 7
    assert (need.published, need.delivered) == pytest.approx((70, 490))
    assert need.redis == pytest.approx(490e-6)


@pytest.mark.quick
def test_messages_take_more_workers() -> None:
    """What a worker spends on messages is not there for pages; if that is all of it, no number is enough."""
    with_messages = needs(USERS, replace(COSTS, message=0.25 / 2000), ASSUMED)
    assert with_messages.workers == 90
    assert needs(USERS, replace(COSTS, news=1.0), ASSUMED).workers == inf
    assert needs(USERS, replace(COSTS, news=1.0), ASSUMED, live=False).workers == 44  # opens none


@pytest.mark.quick
def test_what_gives_out_first() -> None:
    """A part gives out where the model needs all of it."""
    by_connections = limits(ASSUMED)[0]
    users = gives_out_at(by_connections, COSTS, ASSUMED)
    assert needs(users, COSTS, ASSUMED).connections >= 100 > needs(users * 0.99, COSTS, ASSUMED).connections
    assert all(gives_out_at(limit, COSTS, ASSUMED) > users for limit in limits(ASSUMED)[1:])
    unused = replace(COSTS, page_database=0, login_database=0, key=0)
    assert gives_out_at(limits(ASSUMED)[3], unused, ASSUMED) == inf


@pytest.mark.quick
def test_predictions(figures: Figures) -> None:
    """Two cores do what their time is enough for, the load generator's and the database's included."""
    predicted = {check.what: check.predicted for check in checks(figures)}
    assert predicted == pytest.approx(
        {
            "pages a second, 2 workers": 2 / 975e-6,
            "pages a second, 4 workers": 2 / 975e-6,
            "logins a second, 2 workers": 20,
            "look-ups a second, 2 processes": 20_000,
        }
    )


@pytest.mark.quick
def test_tables(figures: Figures) -> None:
    """Ratios are those of turns of the same round, with their range."""
    found = tables(figures)
    assert (
        "| PostgreSQL | 750 | 60 | 2.00 (2.00 to 2.00) | 900 | 1.80 (1.80 to 1.80) | 50 |"
        in found["The page, by where its user is"]
    )
    assert "| 2 | 1,500 | 2.00 (2.00 to 2.00) |" in found["Workers"]
    assert "| look-ups a second, 2 processes | 20,000 | 10,000 | 0.50 (0.50 to 0.50) |" in found["The model checked"]


@pytest.mark.quick
def test_a_page_gets_its_tables(figures: Figures) -> None:
    """Each table replaces the first one below its heading and no other; a page without the heading is refused."""
    found = tables(figures)
    page = "".join(f"# Scale\n\n## {heading}\n\nText.\n\n| |\n|---|\n\n| kept |\n|---|\n" for heading in found)
    updated = update_page(page, figures)
    assert updated == "".join(
        f"# Scale\n\n## {heading}\n\nText.\n\n{table}\n\n| kept |\n|---|\n" for heading, table in found.items()
    )
    assert update_page(updated, figures) == updated
    with pytest.raises(ValueError, match="'Workers'"):
        update_page(page.replace("## Workers", "## Others"), figures)


@pytest.mark.quick
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_processes_by_program() -> None:
    """The processes that are counted and pinned are those of the program that this process has started."""
    with subprocess.Popen(["sleep", "60"]) as sleeping, subprocess.Popen(["cat"], stdin=subprocess.PIPE) as other:  # noqa: S607 - any will do
        try:
            core = min(os.sched_getaffinity(0))
            deadline = time.monotonic() + 60
            while not usage_of("sleep").memory and time.monotonic() < deadline:
                time.sleep(0.01)  # it is not that program yet
            assert usage_of("sleep").memory > 0
            pin("sleep", core)
            assert os.sched_getaffinity(sleeping.pid) == {core}
            assert os.sched_getaffinity(other.pid) == os.sched_getaffinity(0)
            assert usage_of("no such program") == Usage(0, 0)
        finally:
            sleeping.kill()
            other.kill()


@pytest.mark.quick
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_all_workers_serve_before_they_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What two workers share is counted when both have subscribed, though the server answers after the first."""
    subscriptions = chain([0, 1, 1], repeat(2))  # before the server starts, and each time it is asked then
    server = RunningServer("http://127.0.0.1:1", [], os.getpid())  # only its memory is read: no request is sent to it
    monkeypatch.setattr(pages, "_subscriptions", lambda _url: next(subscriptions))
    monkeypatch.setattr(pages, "_database_connections", lambda _stage: 0)
    monkeypatch.setattr(pages, "serve", lambda *_arguments, **_options: nullcontext(server))
    monkeypatch.setattr(pages, "take_turn", lambda _row, _seconds: None)
    stage = Stage(tmp_path, {}, *[tmp_path / "users"] * 4)
    _, shared = pages.by_workers(stage, "redis://", [2], rounds=0, seconds=1.0, say=print)
    assert shared["2"].subscriptions == 2


@pytest.mark.timeout(900)
def test_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is measured once: no page, login or look-up fails, and each costs CPU time of a worker.

    With less of everything than for figures to publish: seconds, connections, users, websockets, and work for each
    hash.
    """
    for name, less in (
        *(("scale.measure._LOGIN_SECONDS", 1.0), ("scale.measure._WORKERS", (1, 2)), ("scale.pages._START", 1.0)),
        *(("scale.pages._CONNECTIONS", 1), ("scale.pages._CONNECTIONS_OF_ALL", 2), ("scale.logins._CONNECTIONS", 1)),
        *(("scale.logins._HASHES", 1), ("measurement.stage._HASH", "scrypt:1024:8:1")),
        *(("measurement.stage._LOGINS", 50), ("measurement.stage._LOGINS_AT_MOST", 50)),
        *(("scale.sockets._SOCKETS", 100), ("scale.sockets._TALKING_SECONDS", 1.0)),
        *(("scale.sockets._PEOPLE", 500), ("scale.sockets._MESSAGES", 500)),
    ):
        monkeypatch.setattr(f"benchmarks.{name}", less)
    measured = measure("a test", rounds=1, seconds=1.0, say=print)
    rows = [*measured.pages.values(), *measured.workers.values(), *measured.look_ups.values(), measured.logins]
    assert [len(turns) for turns in rows] == [1] * len(rows)
    assert all(turn.rate > 0 and turn.worker > 0 for turns in rows for turn in turns)
    assert [shared.subscriptions for shared in measured.shared.values()] == [1, 2]
    assert measured.pages[POSTGRESQL][0].database > 0
    assert min(measured.sockets.kib, measured.sockets.message, measured.sockets.news, measured.sockets.delivery) > 0
    assert set(tables(measured)) >= {"Workers", "Ten million users"}
