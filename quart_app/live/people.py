"""Who is online, sorted, each once however often they are here."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from typing import NamedTuple


class Person(NamedTuple):
    """A user, as others see them."""

    id: int
    name: str


class People:
    """People who may be here several times: in several tabs, and at several workers.

    Kept sorted by name, so that the first hundred of ten thousand cost nothing to find.
    """

    def __init__(self) -> None:
        self._times: Counter[Person] = Counter()
        self._sorted: list[tuple[str, Person]] = []

    def come(self, person: Person) -> bool:
        """Count them in; True if they were not here yet."""
        self._times[person] += 1
        if self._times[person] > 1:
            return False
        insort(self._sorted, _entry(person))
        return True

    def go(self, person: Person) -> bool:
        """Count them out; True if they are not here any more."""
        self._times[person] -= 1
        if self._times[person] > 0:
            return False
        del self._times[person]
        del self._sorted[bisect_left(self._sorted, _entry(person))]
        return True

    def times(self, person: Person) -> int:
        """How often they are here."""
        return self._times[person]

    def first(self, count: int) -> list[Person]:
        """The first so many by name, whatever the case."""
        return [person for _, person in self._sorted[:count]]

    def __len__(self) -> int:
        return len(self._sorted)


def _entry(person: Person) -> tuple[str, Person]:
    return person.name.casefold(), person
