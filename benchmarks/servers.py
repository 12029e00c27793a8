"""Real servers to be measured, and wrk, which measures them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.services.ports import free_port
from benchmarks.serving.cpu_clock import cpu_seconds

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "correct horse battery"
_SERVER_TIMEOUT = 60.0  # seconds to start, to answer or to stop, on a busy machine
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
_DONE = re.compile(r"(\d+) requests in ([\d.]+)s")


class Server(NamedTuple):
    """A running server."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """The CPU time that it has used so far, in seconds; on Linux."""
        return cpu_seconds(self.pid)

    def memory(self) -> float:
        """Its resident memory in megabytes, shared pages included; on Linux."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Load(NamedTuple):
    """What wrk has measured."""

    requests: int
    seconds: float

    @property
    def is_unanswered(self) -> bool:
        """Whether it ended before the first answer."""
        return not self.requests


@contextmanager
def hypercorn(
    application: str, instance: Path, *, core: int | None = 0, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve an application from one process, as hypercorn.toml says, on one core, or on all (None).

    Arguments:
        application: as Hypercorn takes it.
        instance: the folder of its data and its log.
        core: where it runs.
        environment: further variables.
    """
    port = free_port()
    command = [
        *_on_core(core),
        *(sys.executable, "-m", "hypercorn", "--config", "hypercorn.toml", "--workers", "0"),
        *("--bind", f"127.0.0.1:{port}", application),
    ]
    with (instance / "server.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            env={**os.environ, "INSTANCE_PATH": str(instance), **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + _SERVER_TIMEOUT
        while True:
            try:
                Client(port).request("GET", "/login")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((instance / "server.log").read_text()) from None
                time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(_SERVER_TIMEOUT)


class Client:
    """An HTTP client that keeps cookies."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        """The header that a browser would send."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def request(self, method: str, path: str, **fields: str) -> tuple[int, str]:
        """Status and text of an answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_SERVER_TIMEOUT)
        try:
            headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, path, urlencode(fields), headers)
            response = connection.getresponse()
            for header in response.headers.get_all("Set-Cookie", []):
                self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
            return response.status, response.read().decode()
        finally:
            connection.close()

    def submit(self, path: str, **fields: str) -> None:
        """Send the form of a page; the answer must be a redirect."""
        found = _TOKEN.search(self.request("GET", path)[1])
        if found is None or self.request("POST", path, csrf_token=found[1], **fields)[0] != 302:
            raise RuntimeError(f"{path} did not take the form")

    def register_and_login(self, username: str) -> None:
        """Create an account and log in to it."""
        email = f"{username}@example.com"
        self.submit("/register", username=username, email=email, password=PASSWORD, password2=PASSWORD)
        self.submit("/login", username=username, password=PASSWORD)


def wrk(port: int, path: str, cookie: str, *, connections: int, seconds: float) -> Load:
    """Load a page in a closed loop, from the other core, for so many whole seconds.

    Raises:
        RuntimeError: there were errors; an answer that takes long is none.
    """
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is missing. On Debian and Ubuntu: apt-get install wrk")
    command = [
        *_on_core(1),
        *(
            program,
            "--threads",
            "1",
            "--connections",
            str(connections),
            "--duration",
            f"{seconds:.0f}s",
            "--timeout",
            f"{_SERVER_TIMEOUT + seconds:.0f}s",
        ),
        *("--header", f"Cookie: {cookie}", f"http://127.0.0.1:{port}{path}"),
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own command
    done = _DONE.search(output)
    if done is None or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    return Load(int(done[1]), float(done[2]))


def _on_core(number: int | None) -> list[str]:
    """The prefix of a command that pins it to a core; empty where there is no such core or no ``taskset``."""
    taskset = shutil.which("taskset")
    if number is None or taskset is None or (os.cpu_count() or 1) <= number:
        return []
    return [taskset, "--cpu-list", str(number)]
