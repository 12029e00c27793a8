"""Sixty-four people who log in at the same moment."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from quart_app.settings import Settings
from tests.checks.tally import Tally
from tests.serving.server import RESPONSE_TIMEOUT, serve

# The default takes three times as long and the same memory. Hashes get the CPU time that is left, and where other
# programs take it, none would end within the waiting time of a request.
METHOD: str = Settings.model_fields["password_method"].default.removesuffix("3") + "1"
LOGINS, THREADS, HASH = 64, 2, 32 * 1024  # KiB that one hash takes
IS_FULL = os.environ.get("CHECKS") == "full"
# Seconds for one request. Where other tests take the cores, a hash would not end within the default of three.
WAITING_TIME = 3.0 if IS_FULL else 15.0
LONGEST = WAITING_TIME + (2.0 if IS_FULL else 10.0)  # seconds that anybody waits
ONE_IN_A_HUNDRED = 1.0  # seconds; below 0.1 on a machine that does nothing else, see benchmarks


def log_in(port: int, number: int) -> tuple[int, float]:
    """The status, and how long it took."""
    connection = HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)
    body = json.dumps({"username": f"user{number}", "password": "four words of one kind"})
    start = monotonic()
    connection.request("POST", "/api/v1/sessions", body, {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status, monotonic() - start


def probe(port: int, stop: Event) -> list[float]:
    """How long another page takes, again and again."""
    connection = HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)
    seconds = []
    while not stop.is_set():
        start = monotonic()
        connection.request("GET", "/login")
        connection.getresponse().read()
        seconds.append(monotonic() - start)
        stop.wait(0.005)
    connection.close()
    return sorted(seconds)


def most_memory(pid: int) -> int:
    """The most that a process has ever had, in KiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


@pytest.mark.check(20)
def test_login_storm(tmp_path: Path, tally: Tally) -> None:
    """Nobody waits for long, what is too much is 503 at once, other pages go on, and memory stays where it was."""
    environment = {"ADDRESS_LIMITS": "false", "PASSWORD_THREADS": str(THREADS), "PASSWORD_METHOD": METHOD}
    environment["WAITING_TIME"] = str(WAITING_TIME)
    with serve(tmp_path, environment=environment) as server, ThreadPoolExecutor(LOGINS + 1) as pool:
        log_in(server.port, 0)
        before = most_memory(server.workers[0])
        stop = Event()
        probing = pool.submit(probe, server.port, stop)
        try:
            answers = list(pool.map(log_in, [server.port] * LOGINS, range(LOGINS)))
        finally:
            stop.set()  # or nobody would ever hear that somebody was not answered
        seconds = probing.result()
        more = most_memory(server.workers[0]) - before
    for status, taken in answers:
        tally.count(status in (401, 503) and taken < LONGEST, f"{status} after {taken:.1f} s")
    tally.count(401 in dict(answers), "nobody's password was looked at")
    tally.count(503 in dict(answers), "all have waited, and nobody was refused")
    p99 = seconds[int(len(seconds) * 0.99)]
    if IS_FULL:  # where nothing else runs: other tests take the same cores
        tally.count(p99 < ONE_IN_A_HUNDRED, f"p99 of another page: {p99:.2f} s")
    hashed = sum(status == 401 for status, _ in answers)
    # Where hashes hold up the event loop, another page has to wait for at least one of them each time.
    tally.count(len(seconds) > 2 * hashed, f"{len(seconds)} answers of another page during {hashed} hashes")
    tally.count(more < (THREADS + 1) * HASH, f"{more} KiB more memory")
    tally.note(f"{hashed} hashed, {len(seconds)} other pages, p99 {p99 * 1000:.0f} ms, +{more / 1024:.0f} MiB")
