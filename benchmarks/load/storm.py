"""A storm of logins: many at once, and people who only look at a page beside them.

    python -m benchmarks.load.storm --count 64 --visitor VISITOR --forms FORMS --cookies COOKIES http://127.0.0.1:8000

The rate is that of the logins, from the first to the last; the percentiles are those of the home page meanwhile, asked
for at a stated rate. Both are told as JSON. The files are those of ``python -m benchmarks.load.cookies --forms``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from .agent import AGENT
from .command import run
from .figures import Figures, figures_of
from .open_loop import OpenLoop

_TIMEOUT_FACTOR = 4
"""How many times the expected duration may pass before missing logins count as errors."""
_FOUND = b" 302 "


def run_storm(
    url: str, *, count: int, rate: float, seconds: float, visitor: Path, forms: Path, cookies: Path
) -> Figures:
    """Storm *url* from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load.storm", "--count", str(count), "--rate", str(rate)]
    command += ["--seconds", str(seconds), "--visitor", str(visitor), "--forms", str(forms), "--cookies", str(cookies)]
    output, shown = run([*command, url], seconds=seconds * _TIMEOUT_FACTOR + 10, environment={}, core=None)
    return Figures(**{**json.loads(output), "command": shown})


async def storm(
    url: str, *, count: int, rate: float, seconds: float, visitor: str, forms: Sequence[str], cookies: Sequence[str]
) -> Figures:
    """Log in *count* users at once."""
    address = urlsplit(url)
    pages = OpenLoop(f"{url}/", cookies)

    async def log_in(form: str) -> bool:
        head = f"POST /login HTTP/1.1\r\nHost: {address.netloc}\r\nUser-Agent: {AGENT}\r\nCookie: {visitor}\r\n"
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write((head + form).encode())
            return _FOUND in await reader.readline()
        finally:
            writer.close()

    async def all_logins() -> tuple[int, float]:
        began = time.perf_counter()
        tasks = [asyncio.create_task(log_in(forms[number % len(forms)])) for number in range(count)]
        done, late = await asyncio.wait(tasks, timeout=seconds * _TIMEOUT_FACTOR)
        for task in late:
            task.cancel()
        return sum(task.exception() is None and task.result() for task in done), time.perf_counter() - began

    logins = asyncio.create_task(all_logins())
    await pages.load(rate, count, seconds * _TIMEOUT_FACTOR, until=logins)
    succeeded, took = await logins
    page = figures_of(pages.latencies, seconds=took, errors=pages.errors, command="")
    return Figures(succeeded, took, page.p50, page.p95, page.p99, page.errors + count - succeeded)


def main() -> None:
    """Storm, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.storm", description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=64, help="logins (64)")
    parser.add_argument("--rate", type=float, default=50.0, help="home pages a second beside them (50)")
    parser.add_argument("--seconds", type=float, default=10.0, help="they may take four times as long (10)")
    parser.add_argument("--visitor", type=Path, required=True, help="a file with the cookie of a visitor")
    parser.add_argument("--forms", type=Path, required=True, help="a file of login forms, a line each")
    parser.add_argument("--cookies", type=Path, required=True, help="a file of Cookie headers, a line each")
    options = parser.parse_args()
    figures = asyncio.run(
        storm(
            options.url,
            count=options.count,
            rate=options.rate,
            seconds=options.seconds,
            visitor=options.visitor.read_text().strip(),
            forms=options.forms.read_text().splitlines(),
            cookies=options.cookies.read_text().splitlines(),
        )
    )
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
