"""The command line of the assistant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .findings import Level, as_text, render
from .porter import Port, port

#: Exit codes: nothing left by hand; something left; wrong arguments (argparse's own).
DONE, LEFT, WRONG = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Port what the arguments name, say what is left, and return the exit code."""
    options = _parser().parse_args(arguments)
    if not options.path.exists():
        print(f"{options.path}: there is no such file or folder", file=sys.stderr)
        return WRONG
    ported = port(options.path)
    if options.write:
        for file in ported.files:
            if file.is_changed:
                file.path.write_bytes(file.after)
    elif not options.quiet:
        sys.stdout.write("".join(file.diff() for file in ported.files if file.is_changed))
    if options.report is not None:
        options.report.write_text(render(ported.findings, options.report), encoding="utf-8")
    else:
        sys.stderr.write(as_text(ported.findings))
    print(_summary(ported, written=options.write), file=sys.stderr)
    return DONE if ported.is_complete else LEFT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compat.port",
        description="Move a Flask-Login application to Quart and compat. Without --write it only shows a diff.",
        epilog="Exits with 0 if nothing is left to do by hand, with 1 if something is, with 2 on wrong arguments.",
    )
    parser.add_argument("path", type=Path, help="a file, or the folder of the project, its tests included")
    parser.add_argument("--write", action="store_true", help="change the files, instead of showing how")
    parser.add_argument("--quiet", action="store_true", help="show no diff")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write what is left to this file: .md, .json or text"
    )
    return parser


def _summary(ported: Port, *, written: bool) -> str:
    changed = sum(file.is_changed for file in ported.files)
    counts = {level: sum(finding.level is level for finding in ported.findings) for level in Level}
    verb = "changed" if written else "to change (nothing is written without --write)"
    return (
        f"{changed} of {len(ported.files)} files {verb}; "
        f"{counts[Level.TODO]} to do by hand, {counts[Level.CHECK]} to check."
    )
