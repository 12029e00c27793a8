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


@pytest.mark.parametrize(
    ("load", "who"),
    [
        (Load(connections=2), Who.USERS),
        (Load(connections=2, who=Who.REMEMBERED), Who.REMEMBERED),
        (Load(connections=2, how=How.OPEN, rate=20.0), Who.USERS),
        (Load("/login", connections=3, how=How.STORM), Who.STRANGERS),
    ],
    ids=["users", "remembered", "open", "storm"],
)
def test_both_answer_a_load(load: Load, who: Who) -> None:
    """Each load reaches both applications, with valid cookies and forms, and no request fails."""
    needed(shutil.which("wrk"), "wrk is missing, and what is left out is the test with it: apt-get install wrk")
    rows = tuple(Row(contender.name, contender, load, _SMALL) for contender in (QUART, FLASK_16))

    result = measure_case(Case("small", "?", rows), repetitions=1, seconds=1.0, say=lambda _text: None)

    for row in result.rows:
        assert row.errors == 0
        assert row.median("rate") > 0
        assert row.median("cpu") > 0


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


def test_http2_is_measured() -> None:
    """h2load's percentiles are read from its log."""
    needed(shutil.which("h2load"), "h2load is missing, and what is left out is the test with it: nghttp2-client")
    loads = (Load(connections=2, how=How.H2LOAD_1), Load(connections=2, how=How.H2LOAD_2))
    rows = tuple(Row(str(number), QUART, load, _SMALL) for number, load in enumerate(loads))

    result = measure_case(Case("small", "?", rows), repetitions=1, seconds=1.0, say=lambda _text: None)

    assert [(row.errors, row.median("p50") > 0) for row in result.rows] == [(0, True), (0, True)]


def test_websockets_are_measured() -> None:
    """Websockets of the users of a cookie file are opened and receive messages."""
    kinds = ((How.IDLE_SOCKETS, "idle"), (How.TALKING_SOCKETS, "talking"))
    rows = tuple(Row(name, QUART, Load("/live/ws", 4, how=how), _SMALL) for how, name in kinds)

    result = measure_case(Case("small", "?", rows), repetitions=1, seconds=2.0, say=lambda _text: None)

    assert [row.errors for row in result.rows] == [0, 0]
    assert result.rows[1].median("rate") > 0


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
