"""Adding up the counts of several workers.

A server runs several processes, each with counts of its own, and Prometheus asks whichever takes its request. So
each process keeps its counts in files of a folder they share, by prometheus-client's multi-process mode, and the one
that is asked reads all of them. The files are mapped into memory: counting writes no file that anybody waits for.

Files are not named after processes, of which there is always another one, but after places: a worker takes the first
place that is free and goes on counting where the last one there was stopped. So a counter never falls because a
worker was killed, which Prometheus would take for a restart, and there are never more files than workers. A place is
taken by a lock, which the operating system gives back however a process ends.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from itertools import count
from multiprocessing import parent_process
from pathlib import Path

from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from quart_app.server_pid import SERVER_PID

if sys.platform != "win32":
    import fcntl

_NAME = "microblog-metrics"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def share_of_this_process(folder: Path | None) -> Share | None:
    """The share of a worker that a server has started; None for a process that is alone, and on Windows.

    Arguments:
        folder: where the folders of servers are; None is one of this user in the system's temporary folder.

    Raises:
        PermissionError: other users can write to it.
    """
    server = _pid_of_server()
    if server is None or sys.platform == "win32":
        return None
    if folder is None:
        folder = Path(tempfile.gettempdir()) / f"{_NAME}-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    if not _is_ours_alone(folder):
        raise PermissionError(
            f"{folder} is no folder that only this user can write to: set METRICS_FOLDER to one of its own."
        )
    _remove_those_of_the_dead(folder)
    return Share(folder / str(server))


def _is_ours_alone(folder: Path) -> bool:
    """Whether nobody else decides what is in it: anybody may have made a link of that name in /tmp before us."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & _WRITABLE_BY_OTHERS


def _pid_of_server() -> int | None:
    """That of our supervisor, or of the Hypercorn that runs several workers by itself."""
    given, parent = os.environ.get(SERVER_PID), parent_process()
    if given is not None:
        return int(given)
    return None if parent is None else parent.pid


class Share:
    """One of the places in a folder.

    From here on, every metric that this process makes keeps its value there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self._place, self._lock = next(
            (place, lock) for place in count() if (lock := _try_lock(_lock_file(folder, place))) is not None
        )
        self._forget_gauges(self._place)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        # prometheus-client has no types for these.
        values.ValueClass = values.MultiProcessValue(lambda: self._place)  # type: ignore[no-untyped-call]

    def collected(self) -> CollectorRegistry:
        """The counts of all workers, those of today's dead included, and the gauges of those who live."""
        for file in self._folder.glob("*.lock"):
            place = int(file.stem)
            if place != self._place and (lock := _try_lock(file)) is not None:
                self._forget_gauges(place)
                os.close(lock)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return registry

    def _forget_gauges(self, place: int) -> None:
        mark_process_dead(place, str(self._folder))  # type: ignore[no-untyped-call]


def _lock_file(folder: Path, place: int) -> Path:
    return folder / f"{place}.lock"


def _try_lock(file: Path) -> int | None:
    """An open file that is locked as long as it is open; None if another process has it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_those_of_the_dead(folder: Path) -> None:
    for server in folder.iterdir():
        is_ours = server.name.isdigit() and _lock_file(server, 0).exists()
        if is_ours and not _is_running(int(server.name)):
            shutil.rmtree(server, ignore_errors=True)


def _is_running(pid: int) -> bool:
    with suppress(PermissionError):  # somebody else's, so it is
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
