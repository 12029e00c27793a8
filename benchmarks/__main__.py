"""Sync or async? Prove both alike, measure them side by side, and draw the result.

    python -m benchmarks                 # twenty minutes
    python -m benchmarks --quick         # two minutes, for an impression
    python -m benchmarks --only page,delay20 --repetitions 9
    python -m benchmarks --only frameworks,flask  # other libraries (make peers), and gunicorn's workers
    python -m benchmarks --report results.json    # draw again what was measured before

Progress is shown as it goes; ``results.json``, ``results.md``, ``results.html`` and the plots are written to ``--to``.
Nothing is timed if the two applications answer differently.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.comparison.check import AnswersDiffer, check_applications, check_library
from benchmarks.load.websockets import allow_many_files
from benchmarks.measurement.cases import all_cases
from benchmarks.measurement.machine import describe_machine, load_average
from benchmarks.measurement.plan import Plan, default_plan, only, quick_plan, thorough_plan
from benchmarks.measurement.results import Results, read_results
from benchmarks.measurement.turns import measure_case
from benchmarks.report import write_report

_TOOLS = {"wrk": "wrk", "h2load": "nghttp2-client", "taskset": "util-linux"}
_STARTED = time.monotonic()


def say(text: str) -> None:
    """Show progress: how long it has taken, and what is going on."""
    print(f"[{time.monotonic() - _STARTED:6.0f} s] {text}", flush=True)


def main() -> None:
    """Do what the command line says."""
    options = _parser().parse_args()
    if options.list:
        for case in all_cases():
            print(f"{case.key:12} {case.question}")
        return
    if options.report:
        print(*write_report(read_results(options.report), options.to), sep="\n")
        return
    if missing := [package for tool, package in _TOOLS.items() if shutil.which(tool) is None]:
        sys.exit(f"Programs are missing that the measurement needs: apt-get install {' '.join(missing)}")
    results = measure(_plan(options), command=f"python -m benchmarks {' '.join(sys.argv[1:])}".strip(), to=options.to)
    for file in write_report(results, options.to):
        say(f"written: {file}")


def measure(plan: Plan, *, command: str, to: Path) -> Results:
    """Compare, then measure case after case; after each of them, what there is so far is written.

    Exits with 1 if the applications answer differently.
    """
    say(
        f"{plan.name}: {len(plan.cases)} cases, {plan.repetitions} turns each, about {plan.duration() / 60:.0f} minutes"
    )
    allow_many_files()
    try:
        compared = check_applications(histories=plan.histories, seed=1, say=say)
        if plan.with_library:
            check_library(compared, say)
    except AnswersDiffer as difference:
        sys.exit(f"The applications answer differently, so nothing is timed.\n{difference}")
    say(f"ALIKE\n{compared}")
    to.mkdir(parents=True, exist_ok=True)
    results = Results(plan.name, command, plan.repetitions, plan.seconds, describe_machine(), str(compared))
    for number, case in enumerate(plan.cases, start=1):
        say(f"case {number} of {len(plan.cases)}: {case.question}")
        try:
            measured = measure_case(case, repetitions=plan.repetitions, seconds=plan.seconds, say=say)
        except AnswersDiffer as difference:
            sys.exit(f"The applications answer differently, so nothing is timed.\n{difference}")
        results.cases.append(measured)
        results.machine["load after"] = load_average()
        results.write(to / "results.json")
    return results


def _plan(options: argparse.Namespace) -> Plan:
    plan = quick_plan() if options.quick else thorough_plan() if options.thorough else default_plan()
    if options.only:
        plan = only(plan, options.only.split(","))
    return replace(
        plan,
        repetitions=options.repetitions or plan.repetitions,
        seconds=options.seconds or plan.seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="two minutes: an impression")
    length.add_argument("--thorough", action="store_true", help="longer turns, and more of them: to publish")
    parser.add_argument("--only", metavar="KEYS", help="these cases, separated by commas (see --list)")
    parser.add_argument("--repetitions", type=int, help="turns of each row")
    parser.add_argument("--seconds", type=float, help="that a turn lasts; wrk takes whole ones")
    parser.add_argument("--to", type=Path, default=Path("benchmark-results"), help="a folder (benchmark-results)")
    parser.add_argument("--report", type=Path, metavar="JSON", help="measure nothing; draw these results")
    parser.add_argument("--list", action="store_true", help="show the cases")
    return parser


if __name__ == "__main__":
    main()
