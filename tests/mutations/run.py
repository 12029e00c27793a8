"""Running tests in a copy of the repository, and reading what became of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from .mutation import Mutation
from .tree import Tree

_TEST_TIMEOUT = 120  # seconds for one test; one that hangs with a mutation has failed
_RUN_TIMEOUT = 60  # seconds more for each run, to start and to end
_PASSED, _FAILED = 0, 1  # pytest's exit codes; others are for errors in its use, or in the collection


class Verdict(StrEnum):
    """What became of the tests of a mutation."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    UNDECIDED = "undecided"  # an error before a test, or a run that did not end


@dataclass(frozen=True)
class Outcome:
    """The end of a mutation.

    Attributes:
        mutation: which one.
        verdict: whether its tests have found it.
        seconds: how long they took.
        reason: the first line of the first failure, or what else happened.
    """

    mutation: Mutation
    verdict: Verdict
    seconds: float
    reason: str


@dataclass(frozen=True)
class _Report:
    code: int | None  # None: the run did not end in time
    passed: set[str]
    failures: dict[str, str]  # the first line of each, by the id of the test
    output: str


def try_mutation(tree: Tree, mutation: Mutation) -> Outcome:
    """Apply a mutation to this copy, and run its tests: it is caught if each of them fails, and none has an error."""
    start = monotonic()
    with tree.changed_by(mutation):
        report = _run(tree, mutation.tests, compile_sources=False)
    if report.code == _FAILED and report.failures.keys() == set(mutation.tests):
        verdict, reason = Verdict.CAUGHT, report.failures[mutation.tests[0]]
    elif report.passed:
        verdict, reason = Verdict.SURVIVED, f"passed: {', '.join(sorted(report.passed))}"
    else:
        verdict, reason = Verdict.UNDECIDED, f"exit code {report.code}: {report.output[-2000:]}"
    return Outcome(mutation, verdict, monotonic() - start, reason)


def passing_tests(tree: Tree, tests: Sequence[str], *, jobs: int) -> set[str]:
    """Those of these tests that pass where nothing is changed. If some do not, print what pytest says."""
    report = _run(tree, tests, f"--numprocesses={jobs}", "--dist=worksteal", compile_sources=True)
    if report.code != _PASSED or report.passed != set(tests):
        print(report.output)
    return report.passed


def _run(tree: Tree, tests: Sequence[str], *options: str, compile_sources: bool) -> _Report:
    with TemporaryDirectory() as scratch:
        xml, output = Path(scratch, "report.xml"), Path(scratch, "output")
        command = [
            *(sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider"),
            *("-o", f"timeout={_TEST_TIMEOUT}", f"--junitxml={xml}", *options, *tests),
        ]
        environment = {**tree.environment, **({} if compile_sources else {"PYTHONDONTWRITEBYTECODE": "1"})}
        with output.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=tree.folder, env=environment, stdout=file, stderr=file, start_new_session=True
            )
        code: int | None = None
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(_RUN_TIMEOUT + _TEST_TIMEOUT * len(tests))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # servers that a test has left, too
        process.wait()
        cases = ET.parse(xml).getroot().findall(".//testcase") if xml.exists() else []  # noqa: S314 - our own file
        passed, failures = set(), {}
        for case in cases:
            failure = case.find("failure")
            if failure is not None:
                failures[_id_of(case)] = failure.get("message", "").partition("\n")[0]
            elif case.find("error") is None and case.find("skipped") is None:
                passed.add(_id_of(case))
        return _Report(code, passed, failures, output.read_text(errors="replace"))


def _id_of(case: ET.Element) -> str:
    """The id of a test, of which pytest's report has the module and the name."""
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
