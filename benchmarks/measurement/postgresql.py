"""A PostgreSQL server, and the relay that delays connections to it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.services.pgbouncer import find_pgbouncer, run_pgbouncer
from benchmarks.services.ports import free_port
from benchmarks.services.postgresql import find_postgresql, run_postgresql
from benchmarks.serving.commands import ROOT
from benchmarks.serving.process import pin

_CONNECT_TIMEOUT = 30.0  # seconds for the relay to start, on a machine that is busy with other things
_POOLER_CONNECTIONS = 20
"""Of PgBouncer to the server, its own default."""


class NotInstalled(Exception):
    """Something that a case needs is not here; the message says what."""


@contextmanager
def postgresql_url(delay_ms: float, *, core: int | None = None) -> Iterator[str]:
    """The address of an empty database, which is some milliseconds away, until the end of the block.

    Arguments:
        delay_ms: how far away.
        core: where the server runs; None for all cores.

    Raises:
        NotInstalled: there is no PostgreSQL.
    """
    program = find_postgresql()
    if program is None:
        raise NotInstalled("PostgreSQL is not installed: apt-get install postgresql")
    with run_postgresql(program, max_connections="200", shared_buffers="128MB") as cluster:
        name = cluster.create_database()
        url = cluster.url(name)
        if core is not None:
            pin("postgres", core)
        if delay_ms:
            with _relayed(url, delay_ms) as relayed:
                yield relayed
        else:
            yield url


@contextmanager
def pgbouncer_url(url: str, *, core: int | None = None) -> Iterator[str]:
    """The address of a database by way of PgBouncer in transaction mode, until the end of the block.

    Raises:
        NotInstalled: there is no PgBouncer.
    """
    program = find_pgbouncer()
    if program is None:
        raise NotInstalled("PgBouncer is not installed: apt-get install pgbouncer")
    server = int(url.rpartition(":")[2].partition("/")[0])
    with run_pgbouncer(program, server, pool_size=_POOLER_CONNECTIONS) as port:
        if core is not None:
            pin("pgbouncer", core)
        yield url.replace(f":{server}/", f":{port}/")


@contextmanager
def _relayed(url: str, delay_ms: float) -> Iterator[str]:
    host, _, port = url.rpartition("@")[2].partition("/")[0].rpartition(":")
    near = free_port()
    command = [sys.executable, "-m", "benchmarks.measurement.relay", "--port", str(near)]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--to", f"{host}:{port}", "--delay-ms", str(delay_ms)], cwd=ROOT, stdin=subprocess.DEVNULL
    )
    try:
        _wait_for(near)
        yield url.replace(f":{port}/", f":{near}/")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _CONNECT_TIMEOUT
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The relay does not listen at port {port}.")
