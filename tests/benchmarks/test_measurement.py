"""The measurement runs within its bounds; its results are not judged here."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from benchmarks.environment import application_environment
from benchmarks.load.command import run
from benchmarks.measurement.cases import Case, Place, Row, all_cases
from benchmarks.measurement.contenders import FLASK_16, QUART
from benchmarks.measurement.loads import How, Load, Who
from benchmarks.measurement.plan import Plan, default_plan, quick_plan
from benchmarks.measurement.stage import set_stage
from benchmarks.measurement.turns import measure_case
from benchmarks.serving.commands import gunicorn
from benchmarks.serving.process import serve
from quart_app import clock
from quart_app.models.login_session import LoginSession
from quart_app.sessions.last_seen import UPDATE_INTERVAL
from tests.services.needed import needed

_MINUTE = 60
_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("plan", "minutes"), [(quick_plan(), 2), (default_plan(), 20)], ids=["quick", "default"])
def test_a_plan_ends_in_time(plan: Plan, minutes: float) -> None:
    """A plan takes the announced time, including the comparison before it."""
    comparison = 15 + plan.histories / 3
    assert plan.duration() + comparison <= minutes * _MINUTE


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.key)
def test_loads_are_bounded(case: Case) -> None:
    """No load has more than 1,000 concurrent requests or 10,000 websockets."""
    for row in case.rows:
        is_socket = row.load.how in (How.IDLE_SOCKETS, How.TALKING_SOCKETS)
        assert row.load.connections <= (10_000 if is_socket else 1_000)
        assert row.load.seconds(1.0) <= 10
        assert row.place.users <= 1_000_000


def test_keys_of_cases_are_unique() -> None:
    """The keys of cases are unique, so that ``--only`` selects one."""
    keys = [case.key for case in all_cases()]
    assert len(keys) == len(set(keys))


_SMALL = Place(users=5)


_LOADS = {
    "users": Load(connections=2),
    "remembered": Load(connections=2, who=Who.REMEMBERED),
    "open": Load(connections=2, how=How.OPEN, rate=20.0),
    # As soon as all have logged in it is over, so it has as long as a busy machine needs.
    "storm": Load("/login", connections=3, how=How.STORM, least_seconds=15.0),
}
_QUART_LOADS = {
    "HTTP/1.1 by h2load": Load(connections=2, how=How.H2LOAD_1),
    "HTTP/2": Load(connections=2, how=How.H2LOAD_2),
    "idle": Load("/live/ws", 4, how=How.IDLE_SOCKETS),
    "talking": Load("/live/ws", 4, how=How.TALKING_SOCKETS),
}


def test_each_load_is_answered() -> None:
    """Each load reaches the application, and the twin where it has such a page: valid cookies and forms, no errors.

    All are turns of one case, with two servers: to start these takes longer than the turns.
    """
    for program, package in (("wrk", "wrk"), ("h2load", "nghttp2-client")):
        needed(shutil.which(program), f"{program} is missing, and what is left out is the test with it: {package}")
    loads = [(name, contender, load) for name, load in _LOADS.items() for contender in (QUART, FLASK_16)]
    loads += [(name, QUART, load) for name, load in _QUART_LOADS.items()]
    rows = tuple(Row(name, contender, load, _SMALL) for name, contender, load in loads)

    result = measure_case(Case("small", "?", rows), repetitions=1, seconds=1.0, say=lambda _text: None)

    assert [row.name for row in result.rows] == [name for name, _, _ in loads]
    assert [(row.name, row.errors) for row in result.rows if row.errors] == []
    assert [row.name for row in result.rows if not row.median("rate") > 0 or not row.median("cpu") > 0] == []
    by_h2load = [row for row in result.rows if row.name in ("HTTP/1.1 by h2load", "HTTP/2")]
    assert [row.name for row in by_h2load if row.median("p50") > 0] == ["HTTP/1.1 by h2load", "HTTP/2"]


@pytest.mark.quick
def test_no_last_seen_update_falls_into_a_turn(tmp_path: Path) -> None:
    """The last-seen updates, once a minute for each user, do not all fall into one turn."""
    with set_stage(_SMALL, tmp_path) as stage:
        engine = create_engine(f"sqlite:///{next(Path(stage.folder).glob('*.sqlite3'))}")
        with engine.connect() as connection:
            seen = connection.execute(select(LoginSession.last_seen_at)).scalars().all()
        engine.dispose()
    assert seen
    assert clock.now() + _HOUR - min(seen) < UPDATE_INTERVAL


@pytest.mark.quick
def test_load_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A load generator that hangs is killed."""
    monkeypatch.setattr("benchmarks.load.command._GRACE", 0.1)
    with pytest.raises(Exception, match="timed out"):
        run(["sleep", "60"], seconds=0.1, environment={}, core=None)


def test_servers_are_gone_afterwards(tmp_path: Path) -> None:
    """However a measurement ends, its server processes are stopped."""
    environment = application_environment(tmp_path, secret_key="k" * 16)
    factory = "benchmarks.applications.flask:application"
    pids = []

    def fail_while_served() -> None:
        with serve(gunicorn(4), factory, tmp_path, environment=environment) as server:
            pids.append(server.pid)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_served()
    with pytest.raises(ProcessLookupError):
        os.killpg(pids[0], 0)
