"""The figure of a check: how many of how many cases held."""

from __future__ import annotations


class Tally:
    """Counts cases one by one; a test that has this fixture fails at its end if any of them did not hold."""

    def __init__(self) -> None:
        self._cases = 0
        self._failed: list[str] = []
        self._notes: list[str] = []

    def count(self, holds: bool, case: object) -> None:
        """Count a case, described for whoever has to find out why it does not hold."""
        self._cases += 1
        if not holds:
            self._failed.append(str(case))

    def note(self, figure: str) -> None:
        """Say something else that was seen, such as how long it took at most."""
        self._notes.append(figure)

    @property
    def figure(self) -> str:
        """``117 of 117``, and what else was seen."""
        return ", ".join([f"{self._cases - len(self._failed)} of {self._cases}", *self._notes])

    def settle(self) -> None:
        """Fail unless there were cases, and all of them held."""
        assert self._cases, "nothing was checked"
        assert not self._failed, "\n".join([self.figure, *self._failed[:20]])
