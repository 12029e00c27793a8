"""What is known about one application: where it comes from, what it needs, how it is tested, what is edited by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .sources import Checkout, Sdist


@dataclass(frozen=True)
class Edit:
    """A change by hand: *before*, which stands in the ported *file* once, or *times*, becomes *after*."""

    file: str
    before: str
    after: str
    why: str
    times: int = 1

    def apply(self, root: Path) -> None:
        """Make the change; ValueError if the assistant wrote something else."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.before) != self.times:
            wanted = "once" if self.times == 1 else f"{self.times} times"
            raise ValueError(
                f"{self.file}: this is there {text.count(self.before)} times, not {wanted}: {self.before!r}"
            )
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")


@dataclass(frozen=True)
class Application:
    """One application.

    Args:
        title: how the tables name it.
        source: the sdist, the checkout, or a folder of ours.
        parts: what is ported of it; everything if none is named.
        tests: what pytest runs, several separated by spaces; None if it cannot be run here.
        not_run: why it cannot be run here.
        requires: what pip installs for it, Flask and Flask-Login apart.
        journey: a test of ours that goes in, where its own cannot run.
        by_hand: the changes after the assistant's.
    """

    title: str
    source: Sdist | Checkout | Path
    parts: Sequence[str] = ()
    tests: str | None = None
    not_run: str = ""
    requires: Sequence[str] = ()
    journey: str | None = None
    by_hand: Sequence[Edit] = ()
