"""Which functions of a project are reached from which, by calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from .awaits import Awaits
from .program import Function


class Reach:
    """What the functions of a project call."""

    def __init__(self, awaits: Awaits) -> None:
        self._awaits = awaits
        self._called: dict[Function, set[Function]] = defaultdict(set)
        for module in awaits.inference.modules:
            for call in module.calls:
                owner = module.scopes[call].owner
                if isinstance(owner, Function):
                    self._called[owner] |= awaits.targets(call)

    def below(self, roots: Iterable[Function]) -> set[Function]:
        """*roots*, what they call, and so on; application factories excepted, which run before requests."""
        found: set[Function] = set()
        waiting = list(roots)
        while waiting:
            function = waiting.pop()
            if function not in found and not self._awaits.is_factory(function):
                found.add(function)
                waiting += self._called[function]
        return found
