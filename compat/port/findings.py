"""What the assistant has to say about a line, and how a report shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import PurePath

import libcst as cst

#: How comments begin that say what is left to do by hand.
MARK = "# PORT: "


class Level(StrEnum):
    """How much a finding asks of the reader."""

    TODO = "todo"  # does not work before somebody has changed it
    CHECK = "check"  # works, and may not mean what it meant


@dataclass(frozen=True, order=True)
class Finding:
    """One thing about one line.

    Args:
        path: the file, as it was named on the command line or found below it.
        line: its line before the port; 0 if the whole file is meant.
        level: whether it is to do, or only to be checked.
        what: what was found, in the words of the code.
        why: what is different on Quart.
        do: what to do about it.
    """

    path: str
    line: int
    level: Level
    what: str
    why: str
    do: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.level}: {self.what}: {self.why}. {self.do}"


@dataclass(frozen=True, eq=False)
class Complaint:
    """A finding while its place is still a node of the syntax.

    It *raises* if a line that raises has to stand before it: what is left to do there would let everybody in.
    """

    node: cst.CSTNode
    level: Level
    what: str
    why: str
    do: str
    raises: bool = False

    @property
    def remark(self) -> str:
        """What stands as a comment above the place."""
        return f"{MARK}{self.what}: {self.why}. {self.do}"

    @property
    def advice(self) -> str:
        """How the remark ends: what stays the same when the code that it quotes is rewritten."""
        return f": {self.why}. {self.do}"

    def is_said_in(self, comment: str) -> bool:
        """Whether *comment* is this remark, perhaps of an earlier run, which quoted the code as it was then."""
        return comment.startswith(MARK) and comment.endswith(self.advice)

    def at(self, path: str, line: int) -> Finding:
        """The finding."""
        return Finding(path, line, self.level, self.what, self.why, self.do)


def todo(node: cst.CSTNode, what: str, why: str, do: str, *, raises: bool = False) -> Complaint:
    """Something that does not work before somebody has changed it."""
    return Complaint(node, Level.TODO, what, why, do, raises)


def check(node: cst.CSTNode, what: str, why: str, do: str) -> Complaint:
    """Something that works, and may not mean what it meant."""
    return Complaint(node, Level.CHECK, what, why, do)


def others(found: Sequence[object]) -> str:
    """How many places there are besides the first, which is named."""
    return f", and in {len(found) - 1} more places of this file" if len(found) > 1 else ""


def as_text(findings: Iterable[Finding]) -> str:
    """One line for each finding, as compilers write them."""
    return "".join(f"{finding}\n" for finding in sorted(findings))


def as_json(findings: Iterable[Finding]) -> str:
    """A list of objects, for other programs."""
    return json.dumps([asdict(finding) for finding in sorted(findings)], indent=2) + "\n"


def as_markdown(findings: Iterable[Finding]) -> str:
    """Two lists to tick off: what is left to do, then what to check."""
    found = sorted(findings)
    lines = ["# Left after the port", ""]
    for level, title in ((Level.TODO, "To do by hand"), (Level.CHECK, "To check")):
        mine = [finding for finding in found if finding.level is level]
        lines += [f"## {title} ({len(mine)})", ""]
        lines += [f"- [ ] `{each.path}:{each.line}` **{each.what}**: {each.why}. {each.do}" for each in mine]
        lines += [""] if mine else []
    return "\n".join(lines).rstrip() + "\n"


def render(findings: Iterable[Finding], path: PurePath) -> str:
    """The report in the format that the name of its file asks for."""
    return {".json": as_json, ".md": as_markdown}.get(path.suffix, as_text)(findings)
