"""``python -m tests.mutations``: apply each mutation to a copy of the repository, and see that its tests fail.

First the tests have to pass without any. The exit status is 1 if a mutation survives, or if that cannot be told.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from . import MUTATIONS
from .mutation import Mutation
from .run import Outcome, Verdict, passing_tests, try_mutation
from .tree import Tree


def main() -> int:
    """Do what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="N",
        help="a check or a package, such as 7 or compat/port; may be repeated",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many are tried at the same time")
    options = parser.parse_args()
    chosen = [each for each in MUTATIONS if not options.only or _is_named(each, options.only)]
    if not chosen:
        parser.error(f"There is no mutation of {', '.join(options.only)}.")
    start = monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = list(_try_all(chosen, Path(scratch), jobs=options.jobs))
    caught = sum(outcome.verdict is Verdict.CAUGHT for outcome in outcomes)
    print(f"{caught} of {len(chosen)} mutations caught, in {monotonic() - start:.0f} s")
    return 0 if caught == len(chosen) else 1


def _is_named(mutation: Mutation, names: Sequence[str]) -> bool:
    return bool({str(mutation.check), mutation.subject} & set(names))


def _try_all(mutations: Sequence[Mutation], scratch: Path, *, jobs: int) -> Iterator[Outcome]:
    """Try mutations in copies of their own, one for each job, and print what became of each."""
    first = Tree.of_the_repository(scratch / "0")
    tests = sorted({test for mutation in mutations for test in mutation.tests})
    print(f"{len(tests)} tests without any mutation ...", flush=True)
    passing = passing_tests(first, tests, jobs=jobs)
    free: SimpleQueue[Tree] = SimpleQueue()
    for tree in (first, *(first.copy(scratch / str(number)) for number in range(1, jobs))):
        free.put(tree)

    def try_one(mutation: Mutation) -> Outcome:
        if not passing.issuperset(mutation.tests):
            return Outcome(mutation, Verdict.UNDECIDED, 0.0, "a test of it does not pass without it either")
        tree = free.get()
        try:
            return try_mutation(tree, mutation)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(jobs) as pool:
        for outcome in pool.map(try_one, mutations):
            print(_row(outcome), flush=True)
            yield outcome


def _row(outcome: Outcome) -> str:
    mutation = outcome.mutation
    line = f"{outcome.verdict:9} {mutation.subject:20} {outcome.seconds:4.0f} s  {mutation.file}: {mutation.breaks}"
    return f"{line}\n{'':39}{outcome.reason[:160] if outcome.verdict is Verdict.CAUGHT else outcome.reason}"


if __name__ == "__main__":
    sys.exit(main())
