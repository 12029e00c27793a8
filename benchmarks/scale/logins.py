"""Logins by the form, with the hash of production, and what the hash alone costs."""

from __future__ import annotations

import statistics
import time

from werkzeug.security import generate_password_hash

from benchmarks.load.accounts import PASSWORD
from benchmarks.load.figures import Figures
from benchmarks.load.retry import retry_unanswered
from benchmarks.load.wrk import run_wrk
from benchmarks.measurement.stage import Stage
from benchmarks.serving.commands import supervised
from benchmarks.serving.process import RunningServer, serve, usage_of
from quart_app.settings import Settings

from .figures import CORES, Turn

_CONNECTIONS = 4  # as many as there are threads that hash: what is left at the end of a turn is not counted
_HASHES = 7
_WARM_UP = 1.0


def hash_cost() -> float:
    """Milliseconds of CPU of one hash, on one core."""
    method = Settings.model_fields["password_method"].default
    costs = []
    for _ in range(_HASHES):
        began = time.process_time()
        generate_password_hash(PASSWORD, method)
        costs.append((time.process_time() - began) * 1000)
    return round(statistics.median(costs), 1)


def measure(stage: Stage, redis_url: str, *, rounds: int, seconds: float) -> list[Turn]:
    """Logins to as many workers as there are cores, on all cores, as fast as they are answered."""
    turns = []
    environment = {**stage.environment, "REDIS_URL": redis_url}
    with serve(supervised(), "", stage.folder, environment=environment, workers=CORES) as server:
        for number in range(rounds + 1):
            turn = take_turn(stage, server, seconds if number else _WARM_UP)
            if number:
                turns.append(turn)
    return turns


def take_turn(stage: Stage, server: RunningServer, seconds: float) -> Turn:
    """One turn, or a longer one if it ended before the first login was answered.

    Raises:
        RuntimeError: there were errors, or no login at all.
    """

    def usage() -> tuple[float, ...]:
        return server.usage().cpu, usage_of("postgres").cpu, usage_of("redis-server").cpu

    def take(seconds: float) -> tuple[Figures, list[float]]:
        before = usage()
        figures = run_wrk(
            f"{server.url}/login",
            connections=_CONNECTIONS,
            seconds=seconds,
            cookies=stage.login_cookie,
            forms=stage.login_forms,
        )
        return figures, [late - early for early, late in zip(before, usage(), strict=True)]

    figures, used = retry_unanswered(take, seconds, is_unanswered=lambda taken: taken[0].is_unanswered)
    if figures.errors or not figures.requests:
        raise RuntimeError(f"{figures.requests} logins, {figures.errors} errors: {figures.command}")
    cpu = (round(each / figures.requests * 1e6, 1) for each in used)
    return Turn(round(figures.rate, 2), figures.p99, *cpu)
