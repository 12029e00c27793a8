"""A PgBouncer in transaction mode before a PostgreSQL server, on a port that was free."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.services.ports import free_port
from benchmarks.services.postgresql import as_owner, owner

HOW_TO_GET_IT = "PgBouncer is missing, and what is left out is the test on it: apt-get install pgbouncer"
_ATTEMPTS = 3  # to find a port that is still free when the server takes it
_SERVER_TIMEOUT = 30.0  # seconds to start or to stop, on a machine that is busy with other things
_SETTINGS = """\
[databases]
* = host=127.0.0.1 port={server} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
# Few, so that the transactions of one client are spread over several connections of the server.
default_pool_size = {pool_size}
server_round_robin = 1
# Seconds before it tries again to connect to a server that was down.
server_login_retry = 1
"""


def find_pgbouncer() -> str | None:
    """The program; Debian keeps it where only root looks."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@contextmanager
def run_pgbouncer(program: str, server_port: int, *, pool_size: int = 4, more_settings: str = "") -> Iterator[int]:
    """A pooler that runs until the end of the block; gives its port on 127.0.0.1.

    Arguments:
        program: the ``pgbouncer`` to run.
        server_port: of the PostgreSQL behind it, which may be stopped and started meanwhile.
        pool_size: how many connections to the server each database has.
        more_settings: further lines of ``pgbouncer.ini``.
    """
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    try:
        shutil.chown(folder, owner())
        for _ in range(_ATTEMPTS):
            port = free_port()
            file = folder / "pgbouncer.ini"
            settings = _SETTINGS.format(server=server_port, port=port, pool_size=pool_size)
            file.write_text(settings + more_settings)
            file.chmod(0o644)
            process = subprocess.Popen(  # noqa: S603 - our own command
                [program, "--quiet", str(file)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner()
            )
            try:
                if _wait_until_ready(port, process):
                    yield port
                    return
            finally:
                process.terminate()
                process.wait(_SERVER_TIMEOUT)
        raise RuntimeError(f"{program} did not start.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _SERVER_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), _SERVER_TIMEOUT):
            return True
        time.sleep(0.02)
    return False
