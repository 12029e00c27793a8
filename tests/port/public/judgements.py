"""False alarms: a person read a sample of each report, and the record in ``judged/`` says what was not true.

A line of a record is ``true`` or ``false``, file and line, level, a hash of the code that the finding names, and for a
false alarm the reason. The code is not repeated here: it is other people's.

To judge what is new in a report: ``python -m tests.port.public NAME --keep FOLDER`` writes the sample to
``FOLDER/NAME.txt``, with ``?`` and the finding where there is no verdict. Replace each ``?``, and copy the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from compat.port.findings import Finding

RECORDS = Path(__file__).parent / "judged"
#: How many findings are judged of a report that has more.
SAMPLE = 60


@dataclass(frozen=True)
class Judgement:
    """What a person said of one finding: *is_true*, or why it is not."""

    is_true: bool
    why: str = ""


@dataclass(frozen=True)
class FalseAlarms:
    """How many of the findings that were judged are false, and how many of the sample nobody has judged yet."""

    false: int
    judged: int
    unjudged: int

    def __str__(self) -> str:
        rest = f", {self.unjudged} not judged" if self.unjudged else ""
        return f"{self.false} of {self.judged}{rest}"


def key(finding: Finding) -> str:
    """What identifies a finding in a record, also after its text was reworded."""
    named = sha256(finding.what.encode()).hexdigest()[:8]
    return f"{finding.path.replace(' ', '%20')}:{finding.line} {finding.level} {named}"


def sample(findings: Iterable[Finding]) -> list[Finding]:
    """All findings, or as many as are judged: chosen by hash, so that most stay when the report changes."""
    chosen = sorted(findings, key=lambda each: sha256(key(each).encode()).digest())[:SAMPLE]
    return sorted(chosen)


def read(name: str) -> dict[str, Judgement]:
    """The record of an application, by the keys of findings; empty if there is none."""
    path = RECORDS / f"{name}.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return dict(_line(line, path) for line in lines if line and not line.startswith("#"))


def _line(line: str, path: Path) -> tuple[str, Judgement]:
    verdict, place, level, named, *why = line.split(" ", 4)
    if verdict not in {"true", "false"} or (verdict == "false") != bool(why):
        raise ValueError(f"{path.name}: neither `true` nor `false` with a reason: {line!r}")
    return f"{place} {level} {named}", Judgement(verdict == "true", *why)


def count(findings: Iterable[Finding], record: dict[str, Judgement]) -> FalseAlarms:
    """The false alarms in the sample, by the record."""
    keys = [key(each) for each in sample(findings)]
    judged = [record[each] for each in keys if each in record]
    return FalseAlarms(sum(not each.is_true for each in judged), len(judged), len(keys) - len(judged))


def draft(findings: Iterable[Finding], record: dict[str, Judgement]) -> str:
    """The sample as a record, with ``?`` where a person has to write ``true``, or ``false`` and why."""
    lines = []
    for each in sample(findings):
        known = record.get(key(each))
        if known is None:
            lines.append(f"? {key(each)}\n# {each}")
        else:
            lines.append(f"true {key(each)}" if known.is_true else f"false {key(each)} {known.why}")
    return "\n".join(lines) + "\n"
