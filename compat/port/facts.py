"""Facts that grow until nothing is added (a fixed point): a step runs again when a fact that it has read has grown.

They say what a name *may* be: a variable that is None first and a test client later is taken for a test client. What
may be very many things of other packages is taken for none of them: a function that walks a tree (``walk(node.left)``)
would otherwise have a parameter that is a longer path in every round, and more of them than memory holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from .program import External, Items, LambdaValue, Value, Values

#: More things of other packages than this, and a name tells nothing about them.
_MANY = 64

#: Learns one thing; compared by identity.
Step = Callable[[], None]


class Facts:
    """What is known so far."""

    def __init__(self) -> None:
        self.facts: dict[Hashable, Values] = defaultdict(frozenset)
        self._vague: set[Hashable] = set()
        self._readers: dict[Hashable, set[Step]] = defaultdict(set)
        self._taking: Step | None = None
        self._stale: set[Step] = set()

    def _take(self, steps: Sequence[Step]) -> None:
        """Take each step once, and again for as long as a fact has grown that it asked for."""
        self._stale = set(steps)
        while self._stale:
            for step in steps:
                if step in self._stale:
                    self._stale.discard(step)
                    self._taking = step
                    step()
        self._taking = None

    def _learn(self, key: Hashable, values: Iterable[Value]) -> None:
        known = self.facts[key]
        new = frozenset(value for value in values if value not in known)
        if not new:
            return
        if key in self._vague:
            new -= outside(new)
        elif len(others := outside(known | new)) > _MANY:
            self._vague.add(key)
            self.facts[key] = known = known - others
            new -= others
        if new:
            self.facts[key] = known | new
            self._have_grown(key)

    def _known(self, key: Hashable) -> Values:
        self._note_reader(key)
        return self.facts[key]

    def _note_reader(self, key: Hashable) -> None:
        """Have the current step taken again when the fact *key* grows."""
        if self._taking is not None:
            self._readers[key].add(self._taking)

    def _have_grown(self, key: Hashable) -> None:
        """Have all steps taken again that asked for the fact *key*."""
        self._stale |= self._readers[key]


def outside(values: Iterable[Value]) -> set[Value]:
    """Those of *values* that may be very many."""
    return {value for value in values if isinstance(value, External | Items | LambdaValue)}


def union(many: Iterable[Iterable[Value]]) -> Values:
    """All values of *many*."""
    return frozenset(value for values in many for value in values)
