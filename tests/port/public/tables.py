"""The two tables of docs/porting.md: what the assistant did to each application, and whether it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compat.port.findings import Finding, Level

from .application import Application
from .assistant import Work
from .judgements import FalseAlarms
from .sources import Checkout, Sdist
from .workshop import Score

_WORK = (
    "application", "source", "Python files, lines", "lines written", "todo in code, elsewhere",
    "check (of them blocking)", "false alarms", "seconds, MB", "second run", "does not compile",
)  # fmt: skip
_RUNS = ("application", "manual changes", "on Flask", "on Quart, without manual changes", "on Quart, with them")


@dataclass(frozen=True)
class Outcome:
    """What became of one application; scores are None where nothing was run."""

    application: Application
    work: Work
    false_alarms: FalseAlarms
    on_flask: Score | None = None
    on_quart: Score | None = None
    with_edits: Score | None = None


def tables(outcomes: Iterable[Outcome]) -> str:
    """Both tables in Markdown."""
    outcomes = list(outcomes)
    return "\n\n".join(
        "\n".join((_line(head), _line("---" for _ in head), *(_line(row(each)) for each in outcomes)))
        for head, row in ((_WORK, _work), (_RUNS, _runs))
    )


def is_blocking(finding: Finding) -> bool:
    """Whether it is a call that holds up other requests."""
    return finding.level is Level.CHECK and finding.why.startswith("it blocks")


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(each) for each in cells)} |"


def _work(outcome: Outcome) -> tuple[object, ...]:
    work, source = outcome.work, outcome.application.source
    todo = [each for each in work.findings if each.level is Level.TODO]
    in_code = sum(each.path.endswith(".py") for each in todo)
    return (
        outcome.application.title,
        source if isinstance(source, Sdist | Checkout) else "ours",
        f"{work.files}, {work.lines:,}",
        f"{work.changed:,}",
        f"{in_code}, {len(todo) - in_code}",
        f"{len(work.findings) - len(todo)} ({sum(is_blocking(each) for each in work.findings)})",
        outcome.false_alarms,
        f"{work.seconds:.0f}, {work.megabytes:.0f}",
        work.again,
        ", ".join(work.broken) or 0,
    )


def _runs(outcome: Outcome) -> tuple[object, ...]:
    application = outcome.application
    if application.tests is None:
        return application.title, f"not run: {application.not_run}", "", "", ""
    edits = len(application.by_hand)
    own = "" if application.journey is None else ", a journey"
    return (
        application.title,
        edits or "none",
        f"{outcome.on_flask}{own}",
        outcome.on_quart,
        outcome.with_edits if edits else "",
    )
