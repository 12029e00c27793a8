"""Starts the application by the command of Hypercorn, whose workers are its own, on a free port."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.services.ports import free_port
from tests.serving.server import CHEAP_HASH, EXIT_TIMEOUT, RESPONSE_TIMEOUT, ROOT, WAITING_TIME

_START_TIMEOUT = 120.0  # seconds; long, because the machine may be busy with other things
_MUCH = 100_000  # characters of a log; one that is /dev/full has no end


@contextmanager
def serve_by_hypercorn(instance: Path, workers: int = 1, /, **environment: str) -> Iterator[str]:
    """Run the server with its data in this folder; yields its address, ``http://127.0.0.1:port``.

    Arguments:
        instance: an existing folder for data and log.
        workers: how many processes serve.
        environment: further variables.
    """
    port = free_port()
    log = instance / "hypercorn.log"
    command = [
        *(sys.executable, "-m", "hypercorn", "--config", str(ROOT / "hypercorn.toml")),
        *("--workers", str(workers), "--bind", f"127.0.0.1:{port}", "quart_app:create_app()"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            env={
                **os.environ,
                "INSTANCE_PATH": str(instance),
                "PASSWORD_METHOD": CHEAP_HASH,
                "WAITING_TIME": WAITING_TIME,
                **environment,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(EXIT_TIMEOUT)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)
        try:
            connection.request("GET", "/login")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    with log.open(errors="replace") as text:
        raise RuntimeError(f"The server did not start:\n{text.read(_MUCH)}")
