"""What TLS, HTTP/2 and a new connection for each request add to a page, as ratios of the server's CPU time.

    python -m benchmarks.protocol_cost              # needs wrk, h2load, openssl and two cores; about two minutes

One worker listens with TLS and without, and serves a user's home page. The rows are measured in turns, round by round;
the base of each round is HTTP/1.1 over connections that are kept alive, without TLS. CPU time of the worker for each
page is compared, which the load generators and other work on the machine disturb least.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.agent import AGENT
from benchmarks.load.retry import retry_unanswered
from benchmarks.one_worker import ROOT, make_logins, on_core, page_time, served
from benchmarks.servers import Server
from benchmarks.services.ports import free_port

_CONNECTIONS = 32
_FEWEST = 10
"""Pages of each connection in a turn: the work for the last one, which no longer counts, is then a tenth at most."""
_WRK_DONE = re.compile(r"(\d+) requests in ")
_H2LOAD_DONE = re.compile(r"status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx")


@dataclass(frozen=True)
class Row:
    """One way to request the page.

    Attributes:
        name: for people.
        tls: whether by TLS.
        http2: whether by HTTP/2, one request at a time on each connection.
        keep_alive: whether a connection has more than one request.
    """

    name: str
    tls: bool = False
    http2: bool = False
    keep_alive: bool = True


BASE = Row("HTTP/1.1, kept alive")
ROWS = (
    BASE,
    Row("HTTP/1.1, kept alive, TLS", tls=True),
    Row("HTTP/1.1, a connection for each page", keep_alive=False),
    Row("HTTP/1.1, a connection for each page, TLS", tls=True, keep_alive=False),
    Row("HTTP/2", http2=True),
    Row("HTTP/2, TLS", tls=True, http2=True),
)


def measure(rounds: int, seconds: int, connections: int = _CONNECTIONS) -> dict[Row, list[float]]:
    """Milliseconds of CPU time for a page, for each row and round; on a slow machine turns are longer."""
    with tempfile.TemporaryDirectory(prefix="protocols-") as name:
        folder = Path(name)
        cookie = make_logins(folder, 1).read_text().strip()
        plain, tls = free_port(), free_port()
        options = ("--config", str(_configuration(folder, plain)), "--bind", f"127.0.0.1:{tls}")
        with served(ROOT, folder, *options, port=plain) as server:
            for _ in range(50):
                page_time(server.port, cookie)
            found: dict[Row, list[float]] = {row: [] for row in ROWS}
            for _ in range(rounds):
                for row in ROWS:
                    url = f"https://127.0.0.1:{tls}/" if row.tls else f"http://127.0.0.1:{plain}/"
                    found[row].append(_turn(row, server, url, cookie, seconds, connections))
    return found


def _configuration(folder: Path, plain: int) -> Path:
    """hypercorn.toml with a certificate, and with a second port that has no TLS."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    request = (
        _program("openssl"),
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    )
    command = (*request, "-keyout", str(key), "-out", str(certificate))
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
    lines = (f'certfile = "{certificate}"', f'keyfile = "{key}"', f'insecure_bind = ["127.0.0.1:{plain}"]')
    file = folder / "hypercorn.toml"
    file.write_text("\n".join(((ROOT / "hypercorn.toml").read_text(), *lines, "")))
    return file


def _turn(row: Row, server: Server, url: str, cookie: str, seconds: int, connections: int) -> float:
    """Milliseconds of the worker's CPU time for each page of one turn, or of a longer one if that had too few.

    Raises:
        RuntimeError: there were errors, or no page at all.
    """
    headers = {"Cookie": cookie, "User-Agent": AGENT} | ({} if row.keep_alive else {"Connection": "close"})

    def take(seconds: float) -> tuple[int, float, str]:
        command = (_h2load if row.http2 else _wrk)(headers, seconds, connections)
        before = server.cpu_seconds()
        output = subprocess.run([*on_core(1), *command, url], check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own command
        spent = server.cpu_seconds() - before
        done = (_H2LOAD_DONE if row.http2 else _WRK_DONE).search(output)
        if done is None or "Non-2xx" in output:
            raise RuntimeError(output)
        return int(done[1]), spent, output

    pages, spent, output = retry_unanswered(take, seconds, is_unanswered=lambda taken: taken[0] < _FEWEST * connections)
    if not pages:
        raise RuntimeError(output)
    return spent * 1000 / pages


def _wrk(headers: Mapping[str, str], seconds: float, connections: int) -> list[str]:
    shown = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    return [_program("wrk"), "--threads=1", f"--connections={connections}", f"--duration={seconds:.0f}s", *shown]


def _h2load(headers: Mapping[str, str], seconds: float, connections: int) -> list[str]:
    shown = [part for name, value in headers.items() for part in ("--header", f"{name.lower()}: {value}")]
    command = [_program("h2load"), f"--clients={connections}", "--max-concurrent-streams=1", "--warm-up-time=0"]
    return [*command, f"--duration={seconds:.0f}", *shown]


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"{name} is missing. On Debian and Ubuntu: apt-get install wrk nghttp2-client openssl")
    return path


def ratios(found: Mapping[Row, Sequence[float]], row: Row) -> list[float]:
    """The CPU time of a row by that of the base, round by round."""
    return [each / base for each, base in zip(found[row], found[BASE], strict=True)]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocol_cost", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="turns of each row (7)")
    parser.add_argument("--seconds", type=int, default=2, help="of a turn (2)")
    options = parser.parse_args()
    found = measure(options.rounds, options.seconds)
    print("| a page over | CPU time, ratio | least to most |\n|---|---:|---:|")
    for row in found:
        each = ratios(found, row)
        print(f"| {row.name} | {statistics.median(each):.2f} | {min(each):.2f} to {max(each):.2f} |")


if __name__ == "__main__":
    main()
