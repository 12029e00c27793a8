"""Mixed load on two workers with PostgreSQL, and Redis where there is one, for half an hour: does anything grow?

    python -m benchmarks.soak [--minutes 30] [--rate 20] [--to soak-results]

Pages, the API, websockets, logins, logging out and revocations, at a modest rate, with hashes that cost nothing. The
exit status is 1 if memory, file descriptors, threads, database connections or p99 are not flat, if anything was
answered that should have been another thing, or if the server had to warn of anything.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine
from werkzeug.security import generate_password_hash

from benchmarks.environment import CHEAP_HASH, application_environment
from benchmarks.flask_twin.database import synchronous_url
from benchmarks.load.accounts import PASSWORD, add_accounts
from benchmarks.measurement.machine import describe_machine
from benchmarks.measurement.postgresql import NotInstalled, postgresql_url
from benchmarks.services.redis import find_redis, run_redis
from benchmarks.serving.commands import Bind, Server
from benchmarks.serving.process import RunningServer, serve

from .load import Load, Seen
from .report import Soak
from .watch import Sample, watch

_WORKERS = 2
_PEOPLE = 30
_EVERY = 5.0  # seconds between two samples


def _command(_factory: str, bind: Bind) -> list[str]:
    options = ["--config", "hypercorn.toml", "--bind", bind.address, "--workers", str(bind.workers)]
    return [sys.executable, "-m", "quart_app.serve", *options]


_SERVER = Server("quart_app.serve", "hypercorn", _command)


@contextmanager
def _served(database: str, redis: str | None, folder: Path) -> Iterator[RunningServer]:
    environment = application_environment(folder, secret_key="the soak's own key, for a while")
    environment |= {"DATABASE_URL": database, **({"REDIS_URL": redis} if redis else {})}
    with serve(_SERVER, "quart_app:create_app", folder, environment=environment, workers=_WORKERS) as server:
        engine = create_engine(synchronous_url(database))
        add_accounts(engine, _PEOPLE, generate_password_hash(PASSWORD, CHEAP_HASH))
        engine.dispose()
        yield server


async def _soak(server: RunningServer, database: str, *, rate: float, seconds: float) -> tuple[Seen, list[Sample]]:
    samples: list[Sample] = []
    watching = asyncio.create_task(watch(server.pid, database, samples, every=_EVERY))
    load = Load(server.url, people=_PEOPLE, rate=rate)
    try:
        await load.run(seconds)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return load.seen, samples


def _complaints(log: str) -> list[str]:
    """What the server said beside that it has started."""
    return [line for line in log.splitlines() if "Z info " not in line]


def main() -> int:
    """Run it, write the report, and say what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (30)")
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second (20)")
    parser.add_argument("--to", type=Path, default=Path("soak-results"), help="a folder (soak-results)")
    options = parser.parse_args()
    seconds = options.minutes * 60
    program = find_redis()
    try:
        with (
            TemporaryDirectory(prefix="soak-") as folder,
            postgresql_url(0) as database,
            run_redis(program) if program else nullcontext() as redis,
        ):
            machine = describe_machine()
            with _served(database, redis, Path(folder)) as server:
                seen, samples = asyncio.run(_soak(server, database, rate=options.rate, seconds=seconds))
                log = [line for file in Path(folder).glob("*.log") for line in _complaints(file.read_text())]
    except NotInstalled as missing:
        sys.exit(str(missing))
    services = f"{_WORKERS} workers, {_PEOPLE} people, PostgreSQL{' and Redis' if program else ', no Redis'}"
    command = f"python -m benchmarks.soak {' '.join(sys.argv[1:])}".strip()
    soak = Soak(
        command, seconds, options.rate, machine, services, seen.waits, dict(seen.done), dict(seen.errors), samples, log
    )
    print(*soak.write(options.to), *soak.faults, sep="\n")
    print("Not flat." if soak.faults else "Flat, and no error.")
    return 1 if soak.faults else 0


if __name__ == "__main__":
    sys.exit(main())
