"""A B A B: the turns of a case, and what the servers' processes used in each."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.load.accounts import PASSWORD
from benchmarks.load.agent import AGENT
from benchmarks.load.figures import Figures
from benchmarks.load.http2 import run_h2load
from benchmarks.load.open_loop import run_open_loop
from benchmarks.load.retry import retry_unanswered
from benchmarks.load.storm import run_storm
from benchmarks.load.wrk import run_wrk
from benchmarks.serving.commands import ROOT
from benchmarks.serving.peers_environment import peers_python
from benchmarks.serving.process import RunningServer, Usage, serve, wait_until_idle

from .cases import Case, Place, Row
from .contenders import COMPAT_PEER, QUART_AUTH_PEER, Contender
from .loads import How, Load, Who
from .peers import write_peer_cookies
from .postgresql import NotInstalled
from .results import CaseResult, RowResult, Turn
from .stage import Stage, cores, set_stage
from .visitor import LoginForm, Visitor, check_page

Say = Callable[[str], None]

_STORM_BESIDE = 50.0
"""Requests a second beside a storm of logins: few, so that what they wait is the storm's doing."""
_STREAMS = 8
_WARM_UP = 1.0
_MANY = 256
"""Connections whose last requests are work for a while."""
_PEER_COOKIE = "peer"
_ANSWER_TIMEOUT = 30.0  # seconds, on a machine that is busy with other things


@dataclass(frozen=True)
class _Ready:
    """A row whose server answers."""

    row: Row
    server: RunningServer
    stage: Stage
    cookies: Path | None


def measure_case(case: Case, *, repetitions: int, seconds: float, say: Say) -> CaseResult:
    """All turns of a case: each row once, then each row again, and so on: what else the machine does hits them all.

    A case whose database is not installed is skipped, and says so.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        try:
            notes = list(case.left_out)
            for note in notes:
                say(f"{case.key}: left out: {note}")
            ready = list(_make_ready(case, stack, folder, say, notes))
        except NotInstalled as reason:
            say(f"{case.key}: left out: {reason}")
            return CaseResult(case.key, case.question, skipped=str(reason))
        turns: list[list[Turn]] = [[] for _ in ready]
        commands = [""] * len(ready)
        repetitions = case.repetitions(repetitions)
        for number in range(repetitions):
            for place, each in enumerate(ready):
                turn, commands[place] = _take_turn(each, each.row.load.seconds(seconds))
                turns[place].append(turn)
                say(
                    f"{case.key} {number + 1}/{repetitions}: {each.row.name}: "
                    f"{turn.rate:,.0f}/s, p99 {turn.p99:,.1f} ms"
                )
        return CaseResult(
            case.key,
            case.question,
            [
                RowResult(
                    name=each.row.name,
                    load=str(each.row.load),
                    place=str(each.row.place),
                    server_command=_readable(shlex.join(each.server.command), folder),
                    load_command=_readable(command, folder),
                    turns=taken,
                )
                for each, command, taken in zip(ready, commands, turns, strict=True)
            ],
            notes=notes,
        )


def _make_ready(case: Case, stack: ExitStack, folder: Path, say: Say, notes: list[str]) -> Iterator[_Ready]:
    stages: dict[Place, Stage] = {}
    servers: dict[tuple[Contender, Place], RunningServer] = {}
    page = ""
    for row in case.rows:
        if row.place not in stages:
            say(f"{case.key}: filling {row.place}")
            instance = folder / f"stage{len(stages)}"
            instance.mkdir()
            stages[row.place] = stack.enter_context(
                set_stage(row.place, instance, database_core=None if case.all_cores else cores()[1])
            )
        stage, key = stages[row.place], (row.contender, row.place)
        is_new = key not in servers
        if is_new:
            say(f"{case.key}: starting {row.contender.name}")
            servers[key] = stack.enter_context(_serve(case, row, stage))
            if row.contender.checked_by is not None:
                page = page or _first_page(servers, stage)
                notes.append(_check(row.contender, row.contender.checked_by, servers[key], page))
        ready = _Ready(row, servers[key], stage, _cookies_of(row, stage, servers[key]))
        if is_new and row.load.how in (How.CLOSED, How.OPEN, How.H2LOAD_1, How.H2LOAD_2):
            _warm_up(ready)
        yield ready


def _serve(case: Case, row: Row, stage: Stage) -> AbstractContextManager[RunningServer]:
    """The server of a row; that of a peer has a database of its own, which is filled first."""
    core, _ = (None, None) if case.all_cores else cores()
    contender, folder, environment, python = row.contender, stage.folder, stage.environment, sys.executable
    if contender.peer is not None:
        folder = stage.folder / contender.name.replace(" ", "-").replace(",", "")
        folder.mkdir()
        environment, python = contender.peer.fill(folder, row.place.users), str(peers_python())
    return serve(
        contender.server,
        contender.factory,
        folder,
        environment=environment,
        workers=contender.workers,
        cores=frozenset() if core is None else frozenset({core}),
        python=python,
    )


def _first_page(servers: Mapping[tuple[Contender, Place], RunningServer], stage: Stage) -> str:
    """The home page of the first user by quart_app, which is the first row."""
    visitor = Visitor(next(iter(servers.values())).url)
    cookie = stage.users.read_text().partition("\n")[0]
    visitor.cookies = dict(each.split("=", 1) for each in cookie.split("; "))
    return visitor.ask("/")[1]


def _check(contender: Contender, form: LoginForm, server: RunningServer, page: str) -> str:
    """Compare the page with quart_app's before it is timed; gives what to say about it."""
    size = check_page(server.url, contender.name, form, PASSWORD, page)
    return f"{contender.name}: the same page, in {size:,} bytes; quart_app's has {len(page.encode()):,}"


def _warm_up(ready: _Ready) -> None:
    """A turn that does not count.

    Raises:
        RuntimeError: there were errors: the speed of failing is nothing to compare.
    """

    def take(seconds: float) -> Figures:
        return _closed(ready, seconds)

    figures = retry_unanswered(take, _WARM_UP, is_unanswered=lambda turn: turn.is_unanswered)
    if figures.errors > 0:
        raise RuntimeError(f"{ready.row.name} answers with errors ({figures.errors}), so it is not measured.")
    wait_until_idle(ready.server)


def _cookies_of(row: Row, stage: Stage, server: RunningServer) -> Path | None:
    if row.contender.factory in (COMPAT_PEER, QUART_AUTH_PEER):
        return _peer_cookies(stage.folder, server)
    if row.contender.peer is not None:
        file = stage.folder / f"{_PEER_COOKIE}-{server.pid}"
        if not file.exists():
            write_peer_cookies(server.url, row.contender.peer.form, file, row.place.users)
        return file
    return {Who.STRANGERS: None, Who.REMEMBERED: stage.remembered}.get(row.load.who, stage.users)


def _peer_cookies(folder: Path, server: RunningServer) -> Path:
    """Those that a peer's own login page sets."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=_ANSWER_TIMEOUT)
    connection.request("GET", "/login", headers={"User-Agent": AGENT})
    cookies = connection.getresponse().headers.get_all("Set-Cookie") or []
    connection.close()
    file = folder / f"{_PEER_COOKIE}-{server.pid}"
    file.write_text("; ".join(cookie.partition(";")[0] for cookie in cookies) + "\n")
    return file


def _take_turn(ready: _Ready, seconds: float) -> tuple[Turn, str]:
    how = ready.row.load.how
    if how in (How.IDLE_SOCKETS, How.TALKING_SOCKETS):
        return retry_unanswered(
            lambda seconds: _sockets_turn(ready, seconds), seconds, is_unanswered=lambda taken: taken[0].is_unanswered
        )

    def take(seconds: float) -> tuple[Usage, Figures, Usage]:
        return ready.server.usage(), _LOADS[how](ready, seconds), ready.server.usage()

    before, figures, after = retry_unanswered(take, seconds, is_unanswered=lambda taken: taken[1].is_unanswered)
    if how in (How.LOGINS, How.STORM) or ready.row.load.connections >= _MANY:
        wait_until_idle(ready.server)
    turn = Turn(
        rate=round(figures.rate, 1),
        p50=figures.p50,
        p95=figures.p95,
        p99=figures.p99,
        cpu=round((after.cpu - before.cpu) / max(1, figures.requests) * 1e6, 1),
        memory=round(after.memory / 2**20, 1),
        errors=figures.errors,
    )
    return turn, figures.command


def _closed(ready: _Ready, seconds: float) -> Figures:
    load = ready.row.load
    return run_wrk(_url(ready), connections=load.connections, seconds=seconds, cookies=ready.cookies, core=_load_core())


def _open(ready: _Ready, seconds: float) -> Figures:
    load = ready.row.load
    return run_open_loop(
        _url(ready),
        rate=load.rate,
        connections=load.connections,
        seconds=seconds,
        cookies=ready.cookies,
        core=_load_core(),
    )


def _h2load(ready: _Ready, seconds: float) -> Figures:
    load = ready.row.load
    return run_h2load(
        _url(ready),
        connections=load.connections,
        streams=_STREAMS,
        seconds=seconds,
        cookies=ready.cookies,
        http1=load.how is How.H2LOAD_1,
        core=_load_core(),
    )


def _logins(ready: _Ready, seconds: float) -> Figures:
    stage = ready.stage
    return run_wrk(
        f"{ready.server.url}/login",
        connections=ready.row.load.connections,
        seconds=seconds,
        cookies=stage.login_cookie,
        forms=stage.login_forms,
        core=_load_core(),
    )


def _storm(ready: _Ready, seconds: float) -> Figures:
    stage = ready.stage
    return run_storm(
        ready.server.url,
        count=ready.row.load.connections,
        rate=_STORM_BESIDE,
        seconds=seconds,
        visitor=stage.login_cookie,
        forms=stage.login_forms,
        cookies=stage.users,
    )


_LOADS: dict[How, Callable[[_Ready, float], Figures]] = {
    How.CLOSED: _closed,
    How.OPEN: _open,
    How.H2LOAD_1: _h2load,
    How.H2LOAD_2: _h2load,
    How.LOGINS: _logins,
    How.STORM: _storm,
}


def _sockets_turn(ready: _Ready, seconds: float) -> tuple[Turn, str]:
    """Open all websockets; memory and CPU are what the server needs with all of them open.

    The rate is that of the messages received if a user comes and goes, and of the handshakes otherwise; CPU is a
    message's, or, idle, a websocket's for each second.
    """
    load: Load = ready.row.load
    talk = load.how is How.TALKING_SOCKETS
    core = _load_core()
    command = [*(["taskset", "--cpu-list", str(core)] if core is not None else []), sys.executable]
    command += ["-m", "benchmarks.load.websockets", "--count", str(load.connections), "--seconds", str(seconds)]
    command += ["--cookies", str(ready.cookies), *(["--talk"] if talk else []), _url(ready)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watchdog = threading.Timer(120.0 + seconds, process.kill)
        watchdog.start()
        try:
            assert process.stderr is not None
            process.stderr.readline()  # "open"
            before = ready.server.usage()
            time.sleep(seconds * 0.9)
            after = ready.server.usage()
            output, errors = process.communicate()
        finally:
            watchdog.cancel()
    if process.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)} failed:\n{errors[-2000:]}")
    told = json.loads(output)
    cpu = after.cpu - before.cpu
    share = told["messages"] if talk else told["opened"] * seconds
    turn = Turn(
        rate=round(told["messages"] / told["seconds"] if talk else told["handshakes"], 1),
        p50=round(told["p50"], 3),
        p95=round(told["p95"], 3),
        p99=round(told["p99"], 3),
        cpu=round(cpu / max(1, share) * 1e6, 1),
        memory=round(after.memory / 2**20, 1),
        errors=told["refused"],
    )
    return turn, shlex.join(command)


def _url(ready: _Ready) -> str:
    return f"{ready.server.url}{ready.row.load.path}"


def _load_core() -> int | None:
    return cores()[1]


def _readable(command: str, folder: Path) -> str:
    """A command without this machine's paths."""
    return (
        command.replace(str(peers_python()), "python")
        .replace(sys.executable, "python")
        .replace(str(folder), "DATA")
        .replace(f"{ROOT}/", "")
    )
