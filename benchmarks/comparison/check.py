"""Play all stories and random histories in both worlds, and stop at the first difference."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.serving.commands import ROOT

from .deviations import Deviation
from .histories import history
from .observe import Observer
from .steps import Move
from .stories import STORIES
from .visits import Send, VisitorStep
from .worlds import FLASK, QUART, World, two_worlds

Say = Callable[[str], None]


class AnswersDiffer(Exception):
    """The applications are not alike, so their speed cannot be compared; the message has the steps."""


@dataclass
class Compared:
    """What was compared, in numbers."""

    stories: int = 0
    histories: int = 0
    steps: int = 0
    answers: int = 0
    moves: int = 0
    deviations: Counter[Deviation] = field(default_factory=Counter)
    library: str = "not run"

    def __str__(self) -> str:
        lines = [
            f"{self.stories} stories and {self.histories} random histories at quart_app and its Flask twin:",
            f"{self.steps} steps, {self.moves} moves from one to the other, {self.answers} answers at each.",
            "Compared: status, Location, headers, page, every attribute of every cookie and what it means, rows.",
            *(f"  documented, met {times} times: {kind.value}" for kind, times in sorted_counts(self.deviations)),
            f"Flask-Login beside compat (tests/parity): {self.library}.",
        ]
        return "\n".join(lines)


def sorted_counts(deviations: Counter[Deviation]) -> Iterator[tuple[Deviation, int]]:
    """The deviations that were met, the most frequent first."""
    return ((kind, times) for kind, times in deviations.most_common() if times)


def check_applications(*, histories: int, seed: int, say: Say = print) -> Compared:
    """Play every story, and random histories, on real servers.

    Arguments:
        histories: how many random ones.
        seed: of the first; the next ones have the numbers after it.
        say: called with each line of progress.

    Raises:
        AnswersDiffer: at the first step after which both are not alike.
    """
    compared = Compared()
    with TemporaryDirectory(prefix="comparison-") as folder, two_worlds(Path(folder)) as worlds:
        player = _Player(worlds, compared)
        for name, steps in STORIES.items():
            say(f"comparing: {name}")
            for start in (QUART, FLASK):
                player.play(f"{name}, from {start} on", steps, start)
            compared.stories += 1
        for number in range(seed, seed + histories):
            if (number - seed) % 10 == 0:
                say(f"comparing: random histories {number} to {min(number + 9, seed + histories - 1)}")
            player.play(f"random history {number}", history(Random(number)), QUART)
            compared.histories += 1
        compared.deviations = player.observer.met
    return compared


def check_library(compared: Compared, say: Say = print) -> None:
    """Run ``tests/parity``: stories and random histories with Flask-Login on Flask, and with compat on Quart.

    Raises:
        AnswersDiffer: they differ.
    """
    say("comparing: Flask-Login beside compat (tests/parity), which takes a minute or two")
    command = [sys.executable, "-m", "pytest", "tests/parity", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise AnswersDiffer(f"tests/parity fails:\n{done.stdout[-4000:]}")
    compared.library = done.stdout.strip().splitlines()[-1]


class _Player:
    def __init__(self, worlds: tuple[World, World], compared: Compared) -> None:
        self._worlds = worlds
        self._compared = compared
        self._numbers = count(1)
        self.observer = Observer()

    def play(self, name: str, steps: Sequence[VisitorStep], start: str) -> None:
        """Play the steps in both worlds, which start at different applications; raise at the first difference."""
        number = next(self._numbers)
        one, other = self._worlds
        one.begin(start)
        other.begin(FLASK if start == QUART else QUART)
        told = [f"{name}:"]
        for step in (_numbered(step, number) for step in steps):
            told.append(f"  {step!r}")
            if isinstance(step, Move):
                one.move()
                other.move()
                self._compared.moves += 1
            answers = (step.play(one), step.play(other))
            one.end_step()
            other.end_step()
            told[-1] += f"  → {[answer.status for answer in answers[0]]} {[answer.status for answer in answers[1]]}"
            self._compared.steps += 1
            self._compared.answers += len(answers[0])
            if found := self.observer.differences(self._worlds, answers):
                told += [f"    {difference}" for difference in found]
                raise AnswersDiffer("\n".join(told) + "\n(quart_app's first, then the twin's)")


def _numbered(step: VisitorStep, number: int) -> VisitorStep:
    """The step, with usernames that no other history uses."""
    if not isinstance(step, Send):
        return step
    return dataclasses.replace(
        step, fields={key: value.replace("{n}", str(number)) for key, value in step.fields.items()}
    )
