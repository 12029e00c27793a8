"""Adds up the metrics of several workers.

A server has several processes, each with its own counts, and any of them may get Prometheus' request. So each process
keeps its counts in files of a shared folder, by prometheus-client's multi-process mode, and the process that gets the
request reads all files. They are mapped into memory, so counting does not wait for the disk.

Files are not named after process ids, which change with every replaced worker, but after numbered places: a worker
takes the first free place and continues its counts. So no counter falls when a worker is killed, which Prometheus
would take for a restart, and there are never more files than workers. A place is taken by a file lock, which the
operating system releases however the process ends.
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

from quart_app.private_files import create_private_folder
from quart_app.server_pid import SERVER_PID

if sys.platform != "win32":
    import fcntl

_NAME = "microblog-metrics"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def share_of_this_process(folder: Path | None) -> Share | None:
    """The share of this process, if a server started it as a worker; None otherwise, and on Windows.

    Arguments:
        folder: the parent of the folders of all servers; None is one of this user in the system's temporary folder.

    Raises:
        PermissionError: other users can write to it.
    """
    server = _pid_of_server()
    if server is None or sys.platform == "win32":
        return None
    if folder is None:
        folder = Path(tempfile.gettempdir()) / f"{_NAME}-{os.getuid()}"
    with suppress(FileExistsError):
        create_private_folder(folder)
    if not _is_ours_alone(folder):
        raise PermissionError(
            f"{folder} is not a folder that only this user can write to. Set METRICS_FOLDER to one that is."
        )
    _remove_those_of_the_dead(folder)
    return Share(folder / str(server))


def _is_ours_alone(folder: Path) -> bool:
    """Whether only this user can write to the folder: in /tmp another user may have made a link of that name before."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & _WRITABLE_BY_OTHERS


def _pid_of_server() -> int | None:
    """The process id of the supervisor, or of the Hypercorn that runs several workers by itself."""
    given, parent = os.environ.get(SERVER_PID), parent_process()
    if given is not None:
        return int(given)
    return None if parent is None else parent.pid


class Share:
    """One of the numbered places in a folder.

    All metrics that this process makes afterwards keep their values there.
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
        """The counts of all workers, including those that ended, and the gauges of those that run."""
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
    """Open and lock a file, until it is closed; None if another process has locked it."""
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
    with suppress(PermissionError):  # another user's process: it is alive
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
