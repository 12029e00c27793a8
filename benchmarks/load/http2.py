"""h2load: the same closed loop over HTTP/2 (without TLS), and, with the same tool, over HTTP/1.1."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from .agent import AGENT
from .command import run
from .figures import Figures, figures_of

# Not "failed": for HTTP/1.1 h2load counts answers that it has timed as such.
_FAILED = (re.compile(r"(\d+) errored"), re.compile(r"(\d+) 4xx"), re.compile(r"(\d+) 5xx"))


def run_h2load(
    url: str,
    *,
    connections: int,
    streams: int,
    seconds: float,
    cookies: Path | None,
    http1: bool,
    core: int | None = None,
) -> Figures:
    """Load *url* with so many connections, each with so many requests at once (HTTP/1.1: one)."""
    with tempfile.TemporaryDirectory(prefix="h2load-") as folder:
        log = Path(folder) / "requests"
        command = ["h2load", "--clients", str(connections), "--duration", str(max(1, round(seconds)))]
        command += ["--warm-up-time", "0", "--log-file", str(log), "--header", f"user-agent: {AGENT}"]
        command += ["--h1"] if http1 else ["--max-concurrent-streams", str(streams)]
        if cookies is not None:
            with cookies.open() as lines:  # h2load sends one set of headers: one user
                command += ["--header", f"cookie: {next(lines).strip()}"]
        output, shown = run([*command, url], seconds=seconds, environment={}, core=core)
        # A line: when it began, in µs since the epoch; the status, which is 0 for HTTP/1.1; µs.
        answers = [(int(began), int(us)) for began, _, us in map(_fields, log.read_text().splitlines())]
    took = (max(map(sum, answers)) - min(began for began, _ in answers)) / 1e6 if answers else 0.0
    return figures_of(
        [us / 1000 for _, us in answers],
        seconds=took,
        errors=_errors(output),
        command=shown.replace(str(log), "requests.log"),
    )


def _fields(line: str) -> list[str]:
    return line.split("\t")[:3]


def _errors(output: str) -> int:
    """Failed requests, and answers of 400 and above, as h2load sums them up."""
    return sum(int(found) for pattern in _FAILED for found in pattern.findall(output))
