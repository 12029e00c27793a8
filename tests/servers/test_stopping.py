"""The table of docs/servers.md on stopping, on the servers themselves, with a request that does not end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.running import COMMANDS, EXIT_TIMEOUT, RESPONSE_TIMEOUT, Running, serve
from tests.servers.test_servers import PAGE
from tests.serving.server import wait_until

#: The rows of the table: the option, and what happens without it.
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.read_text().partition("## Stopping")[2].partition("\n## ")[0].splitlines()
    if line.startswith("| ") and (cells := [cell.strip() for cell in line.strip("| ").split("|")])[0] in COMMANDS
}
_BOUND = 1  # seconds, the value of the options
_HELD = 5.0  # seconds after which a server without a bound still waits; more than Hypercorn's 3


def stops(server: Running, timeout: float) -> bool:
    """Whether the server ends within *timeout* seconds while a request of a client goes on."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=RESPONSE_TIMEOUT) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: "waiting" in server.seen()["events"])
        server.process.send_signal(signal.SIGTERM)
        try:
            server.process.wait(timeout)
        except subprocess.TimeoutExpired:
            server.process.kill()
            return False
        return True


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"daphne"}))
def test_the_option_bounds_a_stop(name: str, programs: Path, tmp_path: Path) -> None:
    """With the option the server stops, if Python is not too new for it."""
    option, _, limit = ROWS[name][0].partition(", ")
    is_bound = not limit or sys.version_info < (3, 12)
    with serve(programs, tmp_path / "log", name, option.strip("`"), f"{_BOUND}") as server:
        assert stops(server, EXIT_TIMEOUT if is_bound else _HELD) == is_bound

    assert limit in ("", "before Python 3.12")


@pytest.mark.parametrize("name", ["daphne", "granian", "uvicorn"])
def test_a_stop_without_it(name: str, programs: Path, tmp_path: Path) -> None:
    """Without it the server waits, or cuts requests off at once."""
    is_cut_off = ROWS[name][1] == "requests are cut off at once"
    with serve(programs, tmp_path / "log", name) as server:
        assert stops(server, EXIT_TIMEOUT if is_cut_off else _HELD) == is_cut_off

    assert is_cut_off or ROWS[name][1] == "no bound"
