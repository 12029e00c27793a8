"""``python -m tests.port.public``: port public applications, judge, run their tests before and after, print tables."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from compat.port.findings import Finding, as_markdown

from . import judgements
from .applications import APPLICATIONS
from .assistant import work
from .sources import Checkout
from .tables import Outcome, tables
from .workshop import Workshop

#: A folder of clones, each named like its application: for all that ``--checkout`` does not name.
CHECKOUTS = "PORT_PROOF_CHECKOUTS"


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.port.public", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(APPLICATIONS)}; all of them if none is named")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work here, and keep what is made")
    parser.add_argument(
        "--checkout", action="append", default=[], metavar="NAME=PATH",
        help=f"the clone of an application that the index does not have; or set {CHECKOUTS} to a folder of clones",
    )  # fmt: skip
    options = parser.parse_args()
    unknown = {*options.names, *(each.partition("=")[0] for each in options.checkout)} - set(APPLICATIONS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.keep or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        workshop = Workshop(folder, find_checkouts(options.checkout, os.environ.get(CHECKOUTS)))
        names = options.names or list(APPLICATIONS)
        print(*left_out(names, workshop), sep="\n", file=sys.stderr)
        outcomes = []
        for name in names:
            if workshop.has(name, APPLICATIONS[name]):
                outcomes.append(prove(name, workshop))
                print(tables(outcomes[-1:]), file=sys.stderr)
        print(tables(outcomes))


def find_checkouts(named: Iterable[str], folder: str | None) -> dict[str, Path]:
    """The clones on this machine, by application."""
    found = {}
    if folder is not None:
        found = {name: Path(folder, name) for name in APPLICATIONS if Path(folder, name).is_dir()}
    return found | {name: Path(path) for name, _, path in (each.partition("=") for each in named)}


def left_out(names: Iterable[str], workshop: Workshop) -> Iterable[str]:
    """A line for each application that needs a clone: how to get it."""
    for name in names:
        source = APPLICATIONS[name].source
        if isinstance(source, Checkout) and not workshop.has(name, APPLICATIONS[name]):
            yield (
                f"Left out: {name}. It is not on the package index: git clone {source.address} PATH, "
                f'and pass --checkout {name}=PATH (with make: ARGS="--checkout {name}=PATH"). Commit {source.commit}.'
            )


def prove(name: str, workshop: Workshop) -> Outcome:
    """Test it on Flask, port it, test it on Quart; make the changes by hand, test it again."""
    print(f"== {name}", file=sys.stderr)
    application = APPLICATIONS[name]
    workshop.prepare(application)
    folder = workshop.copy(name, application)
    tests = application.tests
    on_flask = workshop.test(folder, tests) if tests else None
    done = work(folder, workshop.folder / f"{name}.json")
    (workshop.folder / f"{name}.md").write_text(as_markdown(done.findings), encoding="utf-8")
    record = judgements.read(name)
    (workshop.folder / f"{name}.txt").write_text(judgements.draft(done.findings, record), encoding="utf-8")
    false_alarms = judgements.count(done.findings, record)
    if not tests:
        return Outcome(application, done, false_alarms)
    awaiting = ("-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=auto", *_loops(done.findings))
    on_quart = with_edits = workshop.test(folder, tests, *awaiting)
    if application.by_hand:
        for edit in application.by_hand:
            edit.apply(folder)
        with_edits = workshop.test(folder, tests, *awaiting)
    return Outcome(application, done, false_alarms, on_flask, on_quart, with_edits)


def _loops(findings: Iterable[Finding]) -> Iterable[str]:
    """The settings that the report asks for, where the project has no file for them."""
    for finding in findings:
        if finding.what == "pytest" and "asyncio_default_test_loop_scope" in finding.do:
            yield from ("-o", "asyncio_default_fixture_loop_scope=session")
            yield from ("-o", "asyncio_default_test_loop_scope=session")


if __name__ == "__main__":
    main()
