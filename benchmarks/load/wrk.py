"""wrk: a closed loop, in which each connection sends its next request when the last one was answered."""

from __future__ import annotations

import json
from pathlib import Path

from .agent import AGENT
from .command import run
from .figures import Figures

_TIMEOUT = 10  # seconds
_SCRIPT = Path(__file__).with_name("visits.lua")


def run_wrk(
    url: str,
    *,
    connections: int,
    seconds: float,
    cookies: Path | None,
    forms: Path | None = None,
    core: int | None = None,
) -> Figures:
    """Load *url* with so many connections for so long; see ``visits.lua`` for the files.

    An answer that takes longer than ten seconds, or than the whole turn if that is longer, is an error.
    """
    whole_seconds = max(1, round(seconds))  # as wrk takes them
    environment = {"AGENT": AGENT}
    environment |= {"COOKIES": str(cookies)} if cookies else {}
    environment |= {"FORMS": str(forms)} if forms else {}
    command = ["wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{whole_seconds}s", "--timeout", f"{max(_TIMEOUT, whole_seconds)}s"]
    command += ["--script", str(_SCRIPT), url]
    output, shown = run(command, seconds=seconds, environment=environment, core=core)
    told = json.loads(output.strip().splitlines()[-1])
    return Figures(
        requests=told["requests"],
        seconds=told["seconds"],
        p50=told["p50"],
        p95=told["p95"],
        p99=told["p99"],
        errors=told["status"] + told["broken"],
        command=shown,
    )
