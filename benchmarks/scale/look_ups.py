"""Look-ups of users as a page makes them, from one process without a server.

    python -m benchmarks.scale.look_ups --handles FILE --seconds 3 --at-once 32

The settings of the application are read from the environment. It prints ``ready``, waits for a line, and prints a line
of JSON: look-ups, seconds, and seconds of CPU. Then it keeps its connections until its standard input ends. The file
has the handle of a login session in each line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import cycle
from pathlib import Path

from benchmarks.serving.commands import ROOT
from benchmarks.serving.process import usage_of
from quart_app.factory import create_app
from quart_app.sessions.lookup import find_user

from .figures import Turn

AT_ONCE = 32
_TIMEOUT = 60.0  # seconds for a process to end


def measure(environment: Mapping[str, str], handles: Path, *, processes: int, seconds: float) -> Turn:
    """Look up users from so many processes at the same time, on all cores, beside PostgreSQL."""
    command = [sys.executable, "-m", "benchmarks.scale.look_ups", "--handles", str(handles)]
    command += ["--seconds", str(seconds), "--at-once", str(AT_ONCE)]
    started = [
        subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env={**environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()  # ready
        before = usage_of("postgres").cpu
        for process in started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        told = [json.loads(process.stdout.readline()) for process in started if process.stdout]
        database = usage_of("postgres").cpu - before  # before their connections end, and with them those of PostgreSQL
        for process in started:
            process.communicate(timeout=_TIMEOUT)
    finally:
        for process in started:
            process.kill()
            process.wait()
    count = sum(each["look_ups"] for each in told)
    return Turn(
        rate=round(sum(each["look_ups"] / each["seconds"] for each in told), 1),
        p99=0.0,
        worker=round(sum(each["cpu"] for each in told) / count * 1e6, 1),
        database=round(database / count * 1e6, 1),
    )


async def _look_up(handles: Iterator[str], *, seconds: float, at_once: int) -> None:
    app = create_app()
    await app.startup()
    found = 0

    async def again_and_again(until: float) -> None:
        nonlocal found
        while True:  # at least once, however short the time
            if await find_user(next(handles)) is None:
                raise RuntimeError("A login session was not found.")
            found += 1
            if time.monotonic() >= until:
                return

    async def for_seconds(seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(again_and_again(until) for _ in range(at_once)))

    try:
        async with app.app_context():
            await for_seconds(0.5)  # connections, prepared statements
            print("ready", flush=True)
            sys.stdin.readline()
            found = 0
            began, cpu = time.monotonic(), time.process_time()
            await for_seconds(seconds)
            took, used = time.monotonic() - began, time.process_time() - cpu
            print(json.dumps({"look_ups": found, "seconds": took, "cpu": used}), flush=True)
            sys.stdin.read()
    finally:
        await app.shutdown()


def main() -> None:
    """Look up, and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.look_ups", description=__doc__.partition("\n")[0])
    parser.add_argument("--handles", type=Path, required=True, help="a file of handles, a line each")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"look-ups at the same time ({AT_ONCE})")
    options = parser.parse_args()
    handles = cycle(options.handles.read_text().splitlines())
    asyncio.run(_look_up(handles, seconds=options.seconds, at_once=options.at_once))


if __name__ == "__main__":
    main()
