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
    passed: int
    failures: list[str]
    output: str


def try_mutation(tree: Tree, mutation: Mutation) -> Outcome:
    """Apply a mutation to this copy, and run its tests: it is caught if each of them fails, and none has an error."""
    start = monotonic()
    with tree.changed_by(mutation):
        report = _run(tree, mutation.tests, compile_sources=False)
    if report.code == _FAILED and len(report.failures) == len(mutation.tests):
        verdict, reason = Verdict.CAUGHT, report.failures[0]
    elif report.passed:
        verdict, reason = Verdict.SURVIVED, f"{report.passed} of {len(mutation.tests)} tests pass"
    else:
        verdict, reason = Verdict.UNDECIDED, f"exit code {report.code}: {report.output[-2000:]}"
    return Outcome(mutation, verdict, monotonic() - start, reason)


def failures_without_mutation(tree: Tree, tests: Sequence[str], *, jobs: int) -> str | None:
    """What pytest says of these tests where nothing is changed; None if each passes, and none is skipped."""
    report = _run(tree, tests, f"--numprocesses={jobs}", "--dist=worksteal", compile_sources=True)
    return None if (report.code, report.passed) == (_PASSED, len(tests)) else report.output


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
        failures = [found.get("message", "").partition("\n")[0] for case in cases for found in case.findall("failure")]
        passed = sum(all(case.find(end) is None for end in ("failure", "error", "skipped")) for case in cases)
        return _Report(code, passed, failures, output.read_text(errors="replace"))
