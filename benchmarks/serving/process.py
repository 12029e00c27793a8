"""A server while it runs: on a core of its own, watched through ``/proc``, gone at the end whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.services.ports import free_port

from .commands import ROOT, Bind, Server
from .cpu_clock import cpu_seconds

_START_TIMEOUT = 120.0  # seconds to start, on a machine that is busy with other things
_ANSWER_TIMEOUT = 30.0  # seconds for its first answer
_FAREWELL = 5.0  # seconds to stop in order
_LEFTOVERS, _IDLE = 20.0, 0.03
"""Seconds to wait for it; seconds of CPU in a quarter of one that are as good as none."""


@dataclass(frozen=True)
class Usage:
    """What the processes of a server have used so far.

    Attributes:
        cpu: seconds of all their threads, user and system.
        memory: bytes they hold now; what they share is counted once (PSS).
    """

    cpu: float
    memory: int


@dataclass(frozen=True)
class RunningServer:
    """A server that answers.

    Attributes:
        url: where, without a slash at the end.
        command: how it was started.
    """

    url: str
    command: list[str]
    pid: int

    def usage(self) -> Usage:
        """What it has used so far."""
        pids = _family(self.pid)
        return Usage(sum(map(cpu_seconds, pids)), sum(map(_memory, pids)))


@contextmanager
def serve(
    server: Server,
    factory: str,
    folder: Path,
    *,
    environment: Mapping[str, str],
    workers: int = 1,
    cores: frozenset[int] = frozenset(),
    probe: str = "/login",
    python: str = sys.executable,
) -> Iterator[RunningServer]:
    """Run a server until the end of the block.

    Arguments:
        server: which.
        factory: what makes the application: ``module:function``.
        folder: where it may write; its log is there.
        environment: what the application is told beside our own environment.
        workers: how many processes serve.
        cores: where it may run; anywhere, if empty.
        probe: a page that answers 200 once it serves.
        python: which runs it.

    Raises:
        RuntimeError: it did not start; with its log.
    """
    bind = Bind(free_port(), workers, folder, python)
    command = server.command(factory, bind)
    log = folder / f"{server.name.replace(' ', '-')}-{bind.port}.log"
    pinned = ["taskset", "--cpu-list", ",".join(map(str, sorted(cores))), *command] if cores else command
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            pinned,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its workers can be stopped with it
        )
    try:
        _wait_for(bind.port, probe, process, log)
        yield RunningServer(f"http://{bind.address}", command, process.pid)
    finally:
        _stop(process)


def wait_until_idle(server: RunningServer) -> None:
    """Wait until what the load has left behind is done, but not for ever.

    Passwords may still be queued to be checked, and of a thousand connections each has left a request: the next turn,
    of another server on the same core perhaps, is not to pay for them. A server that has just started prepares things
    beside its first requests.
    """
    deadline = time.monotonic() + _LEFTOVERS
    used = -1.0
    while time.monotonic() < deadline and server.usage().cpu - used > _IDLE:
        used = server.usage().cpu
        time.sleep(0.25)


def usage_of(program: str) -> Usage:
    """What all processes of a program have used so far that this process, or a child of it, has started."""
    pids = _started(program)
    return Usage(sum(map(cpu_seconds, pids)), sum(map(_memory, pids)))


def pin(program: str, core: int) -> None:
    """Let the processes of a program that this process has started run on one core, and those that they start."""
    for pid in _started(program):
        with suppress(ProcessLookupError):
            os.sched_setaffinity(pid, {core})


def _started(program: str) -> list[int]:
    return [pid for pid in _family(os.getpid()) if _name(pid) == program]


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _wait_for(port: int, probe: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_TIMEOUT)
        try:
            connection.request("GET", probe)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server: ask it to, and after a while kill what is left of it, workers included."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_FAREWELL)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for children in Path(f"/proc/{each}/task").glob("*/children"):
                found.extend(map(int, children.read_text().split()))
    return found


def _memory(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
