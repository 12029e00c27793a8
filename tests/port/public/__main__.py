"""``python -m tests.port.public``: port public applications, run their tests before and after, print a table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from compat.port.findings import Finding, Level, as_markdown
from compat.port.porter import Port, port

from .applications import APPLICATIONS, Application, Sdist
from .workshop import Score, Workshop

HEAD = (
    "| application | version | Python files, lines | lines changed | to do in code (in requirements) | to check "
    "| edits by hand | tests on Flask | on Quart, no hand | on Quart, with them |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Outcome:
    """What became of one application."""

    application: Application
    files: int
    lines: int
    changed: int
    findings: tuple[Finding, ...]
    on_flask: Score
    on_quart: Score
    with_edits: Score

    def row(self) -> str:
        """Its line of the table."""
        source = self.application.source
        version = source.version if isinstance(source, Sdist) else "ours"
        todo = [each for each in self.findings if each.level is Level.TODO]
        in_code = sum(each.path.endswith(".py") for each in todo)
        cells = [
            self.application.title, version, f"{self.files}, {self.lines:,}", self.changed,
            f"{in_code} ({len(todo) - in_code})", len(self.findings) - len(todo),
            len(self.application.by_hand), self.on_flask, self.on_quart, self.with_edits,
        ]  # fmt: skip
        return f"| {' | '.join(str(each) for each in cells)} |"


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.port.public", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(APPLICATIONS)}; all of them if none is named")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work here, and keep what is made")
    options = parser.parse_args()
    unknown = set(options.names) - set(APPLICATIONS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        outcomes = [prove(name, Workshop(folder)) for name in options.names or APPLICATIONS]
    print(HEAD, *(outcome.row() for outcome in outcomes), sep="\n")


def prove(name: str, workshop: Workshop) -> Outcome:
    """Test it on Flask, port it, test it on Quart; make the changes by hand, test it again."""
    application = APPLICATIONS[name]
    workshop.prepare(application)
    folder = workshop.copy(name, application)
    on_flask = workshop.test(folder, application.tests, "-p", "no:asyncio")
    ported = port(folder)
    for file in ported.files:
        file.path.write_bytes(file.after)
    (workshop.folder / f"{name}.md").write_text(as_markdown(ported.findings), encoding="utf-8")
    awaiting = ("-o", "asyncio_mode=auto", *_loops(ported))
    on_quart = with_edits = workshop.test(folder, application.tests, *awaiting)
    if application.by_hand:
        for edit in application.by_hand:
            edit.apply(folder)
        with_edits = workshop.test(folder, application.tests, *awaiting)
    python = [file.before for file in ported.files if file.path.suffix == ".py"]
    lines = sum(len(text.splitlines()) for text in python)
    return Outcome(
        application, len(python), lines, changed_lines(ported), ported.findings, on_flask, on_quart, with_edits
    )


def changed_lines(ported: Port) -> int:
    """How many lines the assistant wrote, its own remarks apart."""
    lines = (line for file in ported.files if file.is_changed for line in file.diff().splitlines()[2:])
    return sum(line.startswith("+") and "PORT: " not in line for line in lines)


def _loops(ported: Port) -> Iterable[str]:
    """The settings that the report asks for, where the project has no file for them."""
    for finding in ported.findings:
        if finding.what == "pytest" and "asyncio_default_test_loop_scope" in finding.do:
            yield from ("-o", "asyncio_default_fixture_loop_scope=session")
            yield from ("-o", "asyncio_default_test_loop_scope=session")


if __name__ == "__main__":
    main()
