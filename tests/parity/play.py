"""Plays a history on two sides, step by step, until they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.comparison.differences import Difference
from benchmarks.comparison.steps import Move

from .observe import differences, jar_differences
from .sides import Answer, Side
from .steps import HistoryStep
from .switches import Switches


@dataclass(frozen=True)
class History:
    """A configuration and the steps that are played with it."""

    switches: Switches
    steps: Sequence[HistoryStep]


@dataclass(frozen=True)
class Outcome:
    """The result of a history: the responses of both sides, and the differences after the last step, if any."""

    history: History
    sides: tuple[Side, Side]
    answers: tuple[tuple[Answer | None, Answer | None], ...]
    differences: tuple[Difference, ...]

    def report(self) -> str:
        """The history as a table, with the differences under it."""
        rows = [
            f"{'>' if self.differences and number == len(self.answers) else ' '}{number:3} {step!r:70} {_short(pair)}"
            for number, (step, pair) in enumerate(zip(self.history.steps, self.answers, strict=False), start=1)
        ]
        expected, actual = (side.name for side in self.sides)
        width = max(len(expected), len(actual))
        for difference in self.differences:
            rows.append(f"  {difference.what}")
            rows.append(f"    {expected:{width}}  {difference.one!r}")
            rows.append(f"    {actual:{width}}  {difference.other!r}")
        return "\n".join([repr(self.history.switches), *rows])


def play(history: History, expected: Side, actual: Side) -> Outcome:
    """Play a history on both sides; stop after the first step that shows a difference."""
    answers: list[tuple[Answer | None, Answer | None]] = []
    found: list[Difference] = []
    for step in history.steps:
        if isinstance(step, Move):
            expected.jars, actual.jars = actual.jars, expected.jars
        one, other = (next(iter(step.play(side)), None) for side in (expected, actual))
        answers.append((one, other))
        if one is not None and other is not None:
            found.extend(differences(one, other, history.switches))
        found.extend(jar_differences(expected, actual, history.switches))
        if found:
            break
    return Outcome(history, (expected, actual), tuple(answers), tuple(found))


def assert_alike(outcome: Outcome) -> None:
    """Fail with the history as a table if the sides differed."""
    if outcome.differences:
        raise AssertionError("\n" + outcome.report())


def _short(pair: tuple[Answer | None, Answer | None]) -> str:
    said = [f"{answer.status} {answer.body[:40]!r}" for answer in pair if answer is not None]
    return " / ".join(dict.fromkeys(said))
