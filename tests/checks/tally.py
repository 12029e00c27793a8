"""The figure of a check: in how many of its cases the rule held."""

from __future__ import annotations


class Tally:
    """Counts cases one by one; the test fails at its end if the rule did not hold in one of them."""

    def __init__(self) -> None:
        self._cases = 0
        self._failed: list[str] = []
        self._notes: list[str] = []

    def count(self, holds: bool, case: object) -> None:
        """Count a case, with a description that helps to find out why the rule did not hold."""
        self._cases += 1
        if not holds:
            self._failed.append(str(case))

    def note(self, figure: str) -> None:
        """Add another observation, such as the longest time."""
        self._notes.append(figure)

    @property
    def figure(self) -> str:
        """A text such as ``117 of 117``, with the observations."""
        return ", ".join([f"{self._cases - len(self._failed)} of {self._cases}", *self._notes])

    def settle(self) -> None:
        """Fail if there were no cases, or if the rule did not hold in one of them."""
        assert self._cases, "nothing was checked"
        assert not self._failed, "\n".join([self.figure, *self._failed[:20]])
