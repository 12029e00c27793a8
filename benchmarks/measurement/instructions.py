"""Instructions that the home page of a user in memory costs, in this build and in an earlier one.

valgrind counts them, so other work on the machine changes nothing. What a process does before its first request differs
from run to run by more than a hundred requests cost: threads and timers take part. So the difference of two runs is of
no use. The script calls ``getsid()``, which nothing else calls, before each batch of requests, and callgrind writes
what it has counted since the last call. Batches differ by a thousandth: hashes of strings and addresses are the same in
each run, and the garbage collector sees only what the requests have made.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environment import application_environment
from benchmarks.measurement.postgresql import postgresql_url

ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = Path(__file__).with_name("page_in_process.py")
_TOTAL = re.compile(r"^summary: (\d+)", re.MULTILINE)
_TOKEN = re.compile(r'(name="csrf_token" value=)"[^"]+"')  # it has a time in it


@contextmanager
def build(revision: str) -> Iterator[Path]:
    """The folder of a revision of this repository."""
    git = _program("git")
    with TemporaryDirectory() as folder:
        checkout = Path(folder) / "build"
        _run([git, "worktree", "add", "--detach", str(checkout), revision], cwd=ROOT)
        try:
            yield checkout
        finally:
            _run([git, "worktree", "remove", "--force", str(checkout)], cwd=ROOT)


def count(
    checkout: Path, *, requests: int, database_url: str | None = None, from_database: bool = False, at_once: int = 1
) -> tuple[list[float], str]:
    """Instructions of a request in each batch of so many, and the answer without the token of its form.

    Arguments:
        checkout: the folder of the build.
        requests: in a batch.
        database_url: None for SQLite in a temporary folder.
        from_database: whether the user is loaded from the database at each request, or kept in memory.
        at_once: how many requests arrive together.

    Raises:
        SystemExit: valgrind or setarch is missing.
    """
    with TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            **application_environment(Path(folder), secret_key="instructions" * 4),
            "PYTHONPATH": str(checkout),
            "PYTHONHASHSEED": "0",
            **({} if database_url is None else {"DATABASE_URL": database_url}),
        }
        python = [sys.executable, "-P", str(_SCRIPT)]
        cookie = _run([*python, "prepare"], cwd=checkout, env=environment).strip()
        answer = _run([*python, "show", cookie], cwd=checkout, env=environment)
        dump = Path(folder) / "callgrind"
        _run(
            [
                *(_program("setarch"), "-R", _program("valgrind"), "--tool=callgrind"),
                *("--dump-before=getsid", f"--callgrind-out-file={dump}"),
                *(*python, "load" if from_database else "count", cookie, str(requests), str(at_once)),
            ],
            cwd=checkout,
            env=environment,
        )
        parts = sorted(Path(folder).glob("callgrind.*"), key=lambda part: int(part.suffix[1:]))
        totals = [int(found[1]) for part in parts if (found := _TOTAL.search(part.read_text()))]
    return [total / requests for total in totals[1:]], _TOKEN.sub(r"\1", answer)  # the first is from before the batches


def compare(revision: str, *, requests: int = 50) -> dict[str, float]:
    """Instructions of a request by build, and the ratio to the earlier one.

    Raises:
        RuntimeError: the two builds do not send the same bytes.
    """
    with build(revision) as checkout:
        before, old_answer = count(checkout, requests=requests)
    now, answer = count(ROOT, requests=requests)
    if answer != old_answer:
        raise RuntimeError(f"{revision} answers otherwise:\n{old_answer}\n{answer}")
    medians = statistics.median(before), statistics.median(now)
    return {revision: medians[0], "this build": medians[1], "ratio": medians[1] / medians[0]}


def by_database(*, requests: int = 64) -> dict[str, float]:
    """Instructions of a request with its user in memory, and from each database: one at a time, and 32 at once."""
    counted = {}
    for at_once in (1, 32):
        together = f"{at_once} at once"
        figures, _ = count(ROOT, requests=requests, at_once=at_once)
        counted[f"in memory, {together}"] = statistics.median(figures)
        figures, _ = count(ROOT, requests=requests, from_database=True, at_once=at_once)
        counted[f"SQLite, {together}"] = statistics.median(figures)
        with postgresql_url(delay_ms=0) as url:
            figures, _ = count(ROOT, requests=requests, database_url=url, from_database=True, at_once=at_once)
        counted[f"PostgreSQL, {together}"] = statistics.median(figures)
    return counted


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is missing. On Debian and Ubuntu: apt-get install valgrind util-linux git")
    return found


def _run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
