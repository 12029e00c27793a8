"""A PostgreSQL cluster in a temporary folder, on a port that was free; both are gone afterwards.

The server is a child of this process and not of ``pg_ctl``, so that a test can kill it or freeze it. What is committed
survives that, but not a crash of the machine: nothing is flushed to the disk.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # 0.32 has no types

from benchmarks.services.ports import free_port

HOW_TO_GET_IT = "PostgreSQL is missing, and what is left out is the test on it: apt-get install postgresql"
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "jit": "off",
}
_ATTEMPTS = 3  # to find a port that is still free when the server takes it
_SERVER_TIMEOUT = 30.0  # seconds to start, to stop or to connect, on a machine that is busy with other things


def find_postgresql() -> str | None:
    """The newest ``postgres`` there is. Debian keeps it out of the PATH, as several versions may be installed."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(debian, key=lambda path: int(path.parts[-3].partition(".")[0]), default=None)
    return shutil.which("postgres") or (None if newest is None else str(newest))


class Cluster:
    """A server and its folder.

    Arguments:
        program: the ``postgres`` to run; ``initdb`` is beside it.
        folder: where the data are; owned by :func:`owner`.
        settings: what ``postgresql.conf`` would say.
    """

    def __init__(self, program: str, folder: Path, **settings: str) -> None:
        self._program = program
        self._folder = folder
        self._settings = {**_SETTINGS, **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self._port = 0
        _run_as_owner([str(Path(program).with_name("initdb")), *_initdb_options(folder)])

    def url(self, database: str = "postgres") -> str:
        """Where a database of this cluster is. Anybody on this machine may connect, without a password."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    @property
    def port(self) -> int:
        """Its port on 127.0.0.1, once it has started."""
        return self._port

    def start(self) -> None:
        """Start it, on the port that it had before, and return when it takes connections."""
        before = self._port
        for _ in range(_ATTEMPTS):
            self._port = before or free_port()
            self._process = self._popen()
            if self._wait_until_ready():
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text(errors='replace')}")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it: SIGQUIT as when the machine is switched off, SIGINT in order (``immediate`` and ``fast``)."""
        if self._process is not None:
            self.thaw()
            self._process.send_signal(how)
            self._process.wait(_SERVER_TIMEOUT)
            self._process = None

    def freeze(self) -> None:
        """Stop all its processes in the middle of what they do: connections stay open, and nothing answers."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for pid in self._pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def create_database(self, template: str = "template1") -> str:
        """A new database, a copy of the template, which must have no connections; return its name."""
        name = f"test_{next(self._names)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, and close the connections to it."""
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def empty_database(self, name: str, tables: Sequence[str]) -> None:
        """Close the connections to the database, delete all rows of these tables, and begin all sequences anew.

        TRUNCATE would take ten times as long for so few rows, as it makes new files for each table and index.

        Arguments:
            name: of the database.
            tables: each after those that it refers to.
        """
        others = f"datname = '{name}' AND pid <> pg_backend_pid()"
        deletions = "".join(f"DELETE FROM {table};" for table in reversed(tables))  # noqa: S608 - names of ours
        self.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others};"  # noqa: S608
            f"{deletions} SELECT setval(seqrelid, seqstart, false) FROM pg_sequence",
            database=name,
        )

    def execute(self, statements: str, *, database: str = "postgres") -> None:
        """Run statements, on a connection of their own; for synchronous and asynchronous tests alike."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _execute(self.url(database), statements)).result()

    @property
    def _log(self) -> Path:
        return self._folder.with_suffix(".log")

    def _popen(self) -> subprocess.Popen[bytes]:
        options = {**self._settings, "port": str(self._port)}
        command = [self._program, "-D", str(self._folder)]
        command += [f"--{name}={value}" for name, value in options.items()]
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **as_owner()
            )

    def _wait_until_ready(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + _SERVER_TIMEOUT
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError, asyncpg.PostgresError):
                self.execute("SELECT 1")
                return True
            time.sleep(0.02)
        return False

    def _pids(self) -> list[int]:
        if self._process is None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]


@contextmanager
def run_postgresql(program: str, **settings: str) -> Iterator[Cluster]:
    """A cluster that runs, until the end of the block."""
    # Not in a folder of pytest's, which only its own user may enter.
    parent = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        shutil.chown(parent, owner())
        cluster = Cluster(program, parent / "data", **settings)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def owner() -> str:
    """The user that the server runs as: the current one, or another if that is root, as which it refuses to run."""
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def as_owner() -> dict[str, Any]:
    """The options of Popen with which a process runs as :func:`owner`."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(owner())
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run_as_owner(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **as_owner())  # noqa: S603 - our own command


def _initdb_options(folder: Path) -> list[str]:
    return [
        *("--pgdata", str(folder), "--username", "postgres", "--auth", "trust"),
        *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
    ]


async def _execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url, timeout=_SERVER_TIMEOUT)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
