"""Runs the assistant's command on a folder, and measures it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from compat.port.command import DONE, LEFT
from compat.port.findings import MARK, Finding, Level
from compat.port.sources import find_files

#: What rusage counts memory in: kilobytes, but bytes on macOS.
_TO_MEGABYTES = 1_000_000 if sys.platform == "darwin" else 1_000


@dataclass(frozen=True)
class Work:
    """What the assistant did to one application.

    Args:
        files: how many Python files it was given.
        lines: how many lines these have.
        changed: lines that it wrote in any file, apart from its remarks.
        again: lines that a second run would change.
        broken: Python files that compiled before, and do not now.
        findings: its report.
        seconds: processor time of the first run.
        megabytes: its peak memory.
    """

    files: int
    lines: int
    changed: int
    again: int
    broken: tuple[str, ...]
    findings: tuple[Finding, ...]
    seconds: float
    megabytes: float


def work(folder: Path, report: Path) -> Work:
    """Port *folder* in place, as a user does; the *report* is the JSON file to write."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    python = list(find_files(folder, ".py"))
    compiled = {path for path in python if compiles(path)}
    seconds, megabytes = _assistant(folder, "--write", "--report", str(report))
    second = report.with_suffix(".diff")
    _assistant(folder, "--report", os.devnull, output=second)
    return Work(
        files=len(python),
        lines=sum(len(before[path].splitlines()) for path in python),
        changed=sum(changed_lines(text, path.read_bytes()) for path, text in before.items()),
        again=sum(
            line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
            for line in second.read_text(encoding="utf-8").splitlines()
        ),
        broken=tuple(sorted(path.relative_to(folder).as_posix() for path in compiled if not compiles(path))),
        findings=read_findings(report),
        seconds=seconds,
        megabytes=megabytes,
    )


def changed_lines(before: bytes, after: bytes) -> int:
    """How many lines of a file the assistant wrote, apart from its remarks and the lines that raise there."""
    if before == after:
        return 0
    old, new = (text.decode(errors="replace").splitlines() for text in (before, after))
    added = (line for line in list(unified_diff(old, new, lineterm=""))[2:] if line.startswith("+"))
    return sum(MARK.removeprefix("# ") not in line for line in added)


def compiles(path: Path) -> bool:
    """Whether Python can read the file."""
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def read_findings(report: Path) -> tuple[Finding, ...]:
    """The findings of a report in JSON."""
    found = json.loads(report.read_text(encoding="utf-8"))
    return tuple(Finding(**{**each, "level": Level(each["level"])}) for each in found)


def _assistant(folder: Path, *options: str, output: Path | None = None) -> tuple[float, float]:
    """Run the command; its seconds of processor time and megabytes. RuntimeError if it fails itself."""
    command = [sys.executable, "-W", "ignore", "-m", "compat.port", str(folder), *options]
    with (
        (output or Path(os.devnull)).open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE) as process,  # noqa: S603  # ours
    ):
        assert process.stderr is not None
        said = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {DONE, LEFT}:
        raise RuntimeError(f"the assistant failed on {folder.name}:\n{said}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _TO_MEGABYTES
