"""All measurements, one after the other."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, update

from benchmarks.flask_twin.database import synchronous_url
from benchmarks.load.accounts import add_logins
from benchmarks.measurement.cases import Kind, Place
from benchmarks.measurement.machine import describe_machine, load_average
from benchmarks.measurement.postgresql import NotInstalled
from benchmarks.measurement.stage import Stage, set_stage
from benchmarks.services.redis import find_redis, run_redis
from quart_app import clock
from quart_app.models.login_session import LoginSession

from . import logins, look_ups, pages, sockets
from .figures import Figures, Turn
from .pages import Say

_WORKERS = (1, 2, 4)
_LOGIN_SECONDS = 6.0
_HANDLES = 1_000
_SEEN_AHEAD = timedelta(days=1)


def measure(command: str, *, rounds: int, seconds: float, say: Say) -> Figures:
    """Measure everything.

    Raises:
        NotInstalled: there is no PostgreSQL, PgBouncer or Redis.
    """
    redis_program = find_redis()
    if redis_program is None:
        raise NotInstalled("Redis is not installed: apt-get install redis-server")
    machine = describe_machine()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="scale-")))
        say("the page, by where its user is")
        by_place = pages.by_place(folder, rounds=rounds, seconds=seconds, say=say)
        shared = folder / "shared"
        shared.mkdir()
        redis_url = stack.enter_context(run_redis(redis_program))
        stage = stack.enter_context(set_stage(Place(Kind.POSTGRESQL, real_hash=True), shared))
        say("the page, by the number of workers")
        by_workers, what_is_shared = pages.by_workers(
            stage, redis_url, _WORKERS, rounds=rounds, seconds=seconds, say=say
        )
        say("logins")
        login_turns = logins.measure(stage, redis_url, rounds=max(1, rounds // 2), seconds=max(seconds, _LOGIN_SECONDS))
        say("look-ups")
        handles = _handles(stage)
        found: dict[str, list[Turn]] = {"1": [], "2": []}
        for _ in range(rounds):
            for processes, turns in found.items():
                turns.append(look_ups.measure(stage.environment, handles, processes=int(processes), seconds=seconds))
        say("websockets")
        told = sockets.measure(redis_url, say=say)
    machine["load after"] = load_average()
    return Figures(
        command=command,
        machine=machine,
        pages=by_place,
        workers=by_workers,
        shared=what_is_shared,
        hash=logins.hash_cost(),
        logins=login_turns,
        sockets=told,
        look_ups=found,
    )


def _handles(stage: Stage) -> Path:
    """A file of the handles of login sessions none of which is due for a last-seen update."""
    engine = create_engine(synchronous_url(stage.environment["DATABASE_URL"]))
    handles = add_logins(engine, _HANDLES, client="look-ups", address="127.0.0.1", remembered=False)
    with engine.begin() as connection:
        connection.execute(update(LoginSession).values(last_seen_at=clock.now() + _SEEN_AHEAD))
    engine.dispose()
    file = stage.folder / "handles"
    file.write_text("".join(f"{handle}\n" for handle in handles))
    return file
