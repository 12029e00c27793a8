"""A Redis server on a port that was free, which writes nothing to the disk."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import redis

from benchmarks.services.ports import free_port

HOW_TO_GET_IT = "Redis is missing, and what is left out is the test on it: apt-get install redis-server"
_ATTEMPTS = 3  # to find a port that is still free when the server takes it
_SERVER_TIMEOUT = 30.0  # seconds to start or to stop, on a machine that is busy with other things


def find_redis() -> str | None:
    """The program."""
    return shutil.which("redis-server")


@contextmanager
def run_redis(program: str, *, port: int | None = None, more_options: Sequence[str] = ()) -> Iterator[str]:
    """A server that runs until the end of the block; gives its address, ``redis://127.0.0.1:port``.

    With a *port*, it is started there, as when a server is started again.
    """
    wanted = port
    for _ in range(_ATTEMPTS):
        port = wanted or free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *more_options]
        process = subprocess.Popen(  # noqa: S603 - our own command
            [program, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        url = f"redis://127.0.0.1:{port}"
        try:
            if _wait_until_ready(url, process):
                yield url
                return
        finally:
            process.kill()
            process.wait(_SERVER_TIMEOUT)
    raise RuntimeError(f"{program} did not start.")


def empty_redis(url: str) -> None:
    """Delete everything in it."""
    with redis.Redis.from_url(url) as client:
        client.flushall()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _SERVER_TIMEOUT
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(redis.ConnectionError):
                return bool(client.ping())
            time.sleep(0.02)
    return False
