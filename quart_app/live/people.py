"""The people who are online, sorted by name, each once."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from typing import NamedTuple


class Person(NamedTuple):
    """A user, as shown to others."""

    id: int
    name: str


class People:
    """A sorted multiset of people: one person may be online in several tabs, and at several workers.

    Kept sorted by name, so that the first hundred of ten thousand are found without sorting.
    """

    def __init__(self) -> None:
        self._counts: Counter[Person] = Counter()
        self._sorted: list[tuple[str, Person]] = []

    def add(self, person: Person) -> bool:
        """Count a person once more; True if they were not online before."""
        self._counts[person] += 1
        if self._counts[person] > 1:
            return False
        insort(self._sorted, _entry(person))
        return True

    def remove(self, person: Person) -> bool:
        """Count a person once less; True if they are no longer online."""
        self._counts[person] -= 1
        if self._counts[person] > 0:
            return False
        del self._counts[person]
        del self._sorted[bisect_left(self._sorted, _entry(person))]
        return True

    def count(self, person: Person) -> int:
        """How often a person is online."""
        return self._counts[person]

    def first(self, count: int) -> list[Person]:
        """The first *count* people by name, ignoring case."""
        return [person for _, person in self._sorted[:count]]

    def __len__(self) -> int:
        return len(self._sorted)


def _entry(person: Person) -> tuple[str, Person]:
    return person.name.casefold(), person
