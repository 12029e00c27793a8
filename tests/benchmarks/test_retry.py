"""A turn that ends before its first answer is taken again: no measurement fails because the machine is slow."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep

import pytest

from benchmarks import page_cost, protocol_cost, servers
from benchmarks.load.retry import LONGEST, retry_unanswered
from benchmarks.load.wrk import run_wrk
from benchmarks.measurement import turns
from benchmarks.measurement.cases import Row
from benchmarks.measurement.contenders import QUART
from benchmarks.measurement.loads import How, Load
from benchmarks.measurement.results import Turn
from benchmarks.measurement.stage import Stage
from benchmarks.scale import logins, pages
from benchmarks.serving.process import RunningServer
from tests.services.needed import needed

ENOUGH = 4
"""Seconds after which the slow server of the load generators below has answered its first requests."""

# Prints what wrk prints, with visits.lua and without, and what h2load does; h2load's log has a line for each answer.
GENERATOR = f"""\
#!{sys.executable}
import sys
found = {{name: value for name, _, value in (each.partition("=") for each in sys.argv)}}
found |= dict(zip(sys.argv, sys.argv[1:]))
seconds = int(found["--duration"].rstrip("s"))
answers = 16 if seconds >= {ENOUGH} else 0
if "--log-file" in found:
    open(found["--log-file"], "w").writelines(f"{{number}}\\t200\\t1000\\n" for number in range(answers))
print(f"status codes: {{answers}} 2xx, 0 3xx, 0 4xx, 0 5xx")
print(f"  {{answers}} requests in {{seconds}}.00s, 1.00KB read")
print('{{"requests": %d, "seconds": %d, "p50": 1, "p95": 1, "p99": 1, "status": 0, "broken": 0}}' % (answers, seconds))
"""


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and load generators at whose server nothing is answered in the first seconds."""
    for name in ("wrk", "h2load"):
        program = tmp_path / name
        program.write_text(GENERATOR)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def stage_in(folder: Path) -> Stage:
    """Files of one user."""
    for name in ("users", "forms"):
        (folder / name).write_text("a=b\n")
    users, forms = folder / "users", folder / "forms"
    return Stage(folder, {}, users, users, users, forms)


SERVER = RunningServer("http://127.0.0.1:1", [], os.getpid())  # only its CPU time is read: no request is sent to it
ANOTHER_SERVER = servers.Server(1, os.getpid())


def a_turn(how: How) -> Callable[[Path], object]:
    """A turn of a case."""

    def take(folder: Path) -> object:
        stage = stage_in(folder)
        turn, command = turns._take_turn(turns._Ready(Row("", QUART, Load(how=how)), SERVER, stage, stage.users), 1.0)
        assert turn.rate > 0
        return command

    return take


TURNS: dict[str, Callable[[Path], object]] = {
    "a case, wrk": a_turn(How.CLOSED),
    "a case, logins": a_turn(How.LOGINS),
    "a case, h2load": a_turn(How.H2LOAD_2),
    "scale, pages": lambda folder: pages.take_turn(pages.Row(SERVER, stage_in(folder).users, 2, None), 1.0),
    "scale, logins": lambda folder: logins.take_turn(stage_in(folder), SERVER, 1.0),
    "page cost": lambda _: page_cost.take_turn(ANOTHER_SERVER, "", 1, 2),
    "protocol cost, wrk": lambda _: protocol_cost._turn(protocol_cost.BASE, ANOTHER_SERVER, "http://", "", 1, 1),
    "protocol cost, h2load": lambda _: protocol_cost._turn(
        protocol_cost.Row("HTTP/2", http2=True), ANOTHER_SERVER, "http://", "", 1, 1
    ),
}


@pytest.mark.quick
@pytest.mark.parametrize("take", TURNS.values(), ids=TURNS.keys())
def test_an_unanswered_turn_is_no_result(slow: Path, take: Callable[[Path], object]) -> None:
    """Each measurement takes a turn again, for longer, in which no request was answered."""
    assert take(slow)


@pytest.mark.quick
def test_websockets_without_a_message_are_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Websockets that received no message are opened again, for longer."""
    taken: list[float] = []

    def take(_ready: turns._Ready, seconds: float) -> tuple[Turn, str]:
        taken.append(seconds)
        return Turn(rate=8.0 if seconds >= ENOUGH else 0.0, p50=1, p95=1, p99=1, cpu=1, memory=1, errors=0), ""

    monkeypatch.setattr(turns, "_sockets_turn", take)
    assert a_turn(How.TALKING_SOCKETS)(tmp_path) == ""
    assert taken == [1.0, 2.0, 4.0]


@pytest.mark.quick
def test_turns_are_doubled_up_to_a_bound() -> None:
    """A turn with an answer is the last one; so is the longest, if none has any."""
    taken: list[float] = []

    def take(seconds: float) -> bool:
        taken.append(seconds)
        return seconds >= ENOUGH

    assert retry_unanswered(take, 1.0, is_unanswered=lambda answered: not answered)
    assert taken == [1.0, 2.0, 4.0]
    taken.clear()
    assert not retry_unanswered(take, 1.5, is_unanswered=lambda _: True, longest=2.0)
    assert taken == [1.5, 2.0]
    taken.clear()
    retry_unanswered(take, 2 * LONGEST, is_unanswered=lambda _: True)
    assert taken == [2 * LONGEST]


@pytest.fixture
def slow_server() -> Iterator[str]:
    """The address of a server that answers after a second and a half."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sleep(1.5)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        serving.join()


def test_a_slow_server_is_measured(slow_server: str) -> None:
    """Of a server that takes longer than a turn for an answer there are figures, without an error."""
    needed(shutil.which("wrk"), "wrk is missing, and what is left out is the test with it: apt-get install wrk")

    figures = retry_unanswered(
        lambda seconds: run_wrk(slow_server, connections=2, seconds=seconds, cookies=None),
        1.0,
        is_unanswered=lambda turn: turn.is_unanswered,
    )

    assert (figures.requests > 0, figures.errors) == (True, 0)
    assert figures.seconds > 1.5
