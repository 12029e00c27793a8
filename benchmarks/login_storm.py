"""How long other users wait for a page while very many people log in at once.

Hypercorn serves the application from one process on all cores, with hashes as expensive as in production. A person who
is logged in asks for the home page at a fixed rate, whether or not the answer before has come (so no wait is hidden):
first alone, then while so many others log in again and again. Reported are the percentiles of that person's waits, and
how many passwords were hashed, beside what the cores can do when they do nothing else.

    python -m benchmarks.login_storm [--clients 64] [--seconds 10] [--rate 50] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from werkzeug.security import generate_password_hash

from benchmarks.servers import PASSWORD, Client, hypercorn
from quart_app.settings import Settings

GOAL = 100  # ms, p99
_API = "/api/v1"


def storm(port: int, clients: int, seconds: float) -> dict[int, int]:
    """Log in with so many clients for so long; how often which status was answered. Runs in a process of its own."""
    end = time.monotonic() + seconds

    def log_in_again_and_again(number: int) -> list[int]:
        seen = []
        while time.monotonic() < end:
            status = _post(port, "/sessions", username=f"user{number}", password=PASSWORD, kind="bearer")
            seen.append(status)
            if status != 201:
                time.sleep(1)  # what Retry-After says
        return seen

    with ThreadPoolExecutor(clients) as people:
        statuses = [status for seen in people.map(log_in_again_and_again, range(clients)) for status in seen]
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def _post(port: int, path: str, **fields: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", _API + path, json.dumps(fields), {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


async def watch(port: int, cookie: str, *, rate: float, seconds: float) -> list[float]:
    """How long each page took, in milliseconds from the moment it was due."""
    loop = asyncio.get_running_loop()
    begin = loop.time()

    async def ask(due: float) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        headers = f"Host: 127.0.0.1\r\nCookie: {cookie}\r\nConnection: close"
        writer.write(f"GET /index HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode())
        return (loop.time() - due) * 1000

    tasks = []
    for number in range(int(rate * seconds)):
        due = begin + number / rate
        await asyncio.sleep(max(0, due - loop.time()))
        tasks.append(asyncio.create_task(ask(due)))
    return await asyncio.gather(*tasks)


def hashes_per_second(seconds: float) -> float:
    """What the cores can do."""
    method, threads = Settings().password_method, os.cpu_count() or 1
    end = time.monotonic() + seconds

    def hash_again_and_again(_number: int) -> int:
        done = 0
        while time.monotonic() < end:
            generate_password_hash(PASSWORD, method)
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(hash_again_and_again, range(threads))) / seconds


def measure(clients: int, seconds: float, rate: float) -> dict[str, object]:
    """One storm, and the quiet before it."""
    with TemporaryDirectory() as folder:
        os.environ["ADDRESS_LIMITS"] = "false"  # all of them come from this machine
        with hypercorn("quart_app:create_app()", Path(folder), core=None) as server:
            watcher = Client(server.port)
            watcher.register_and_login("susan")
            for number in range(clients):
                name = f"user{number}"
                if _post(server.port, "/users", username=name, email=f"{name}@example.com", password=PASSWORD) != 201:
                    raise RuntimeError(f"{name} could not register")
            quiet = asyncio.run(watch(server.port, watcher.cookie, rate=rate, seconds=seconds))
            possible = hashes_per_second(min(seconds, 5))
            with get_context("spawn").Pool(1) as others:
                result = others.apply_async(storm, (server.port, clients, seconds + 2))
                time.sleep(1)
                memory = server.memory()
                stormy = asyncio.run(watch(server.port, watcher.cookie, rate=rate, seconds=seconds))
                memory = max(memory, server.memory())
                statuses = result.get()
    return {
        "quiet, ms": _percentiles(quiet),
        "storm, ms": _percentiles(stormy),
        "logins a second": round(statuses.get(201, 0) / (seconds + 2), 1),
        "hashes a second that the cores can do": round(possible, 1),
        "answers": statuses,
        "memory, MB": round(memory),
    }


def _percentiles(waits: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    figures = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(waits)}
    return {name: round(figure, 1) for name, figure in figures.items()}


def main() -> None:
    """Measure and print; as JSON to a file on request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=50, help="pages a second")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    result = measure(options.clients, options.seconds, options.rate)
    for name, value in result.items():
        print(f"{name:40}{value}")
    print(f"goal: p99 in the storm under {GOAL} ms")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
