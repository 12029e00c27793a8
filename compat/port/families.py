"""Functions that change together: overrides of one method, and what stands in for each other under one name."""

from __future__ import annotations

from collections.abc import Iterator

from .inference import Inference
from .program import Class, Function, FunctionValue

_PROTOCOLS = {"typing.Protocol", "typing_extensions.Protocol"}


class Families:
    """The methods of the project's classes, by what may be called in place of what."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._classes = [cls for module in inference.modules for cls in module.classes]
        self._methods = {cls: _methods(cls) for cls in self._classes}
        self._kin: dict[Class, set[Class]] = {}
        self._protocols = {
            cls: names
            for cls in self._classes
            if inference.external_bases(cls) & _PROTOCOLS and (names := {*self._methods[cls]})
        }

    def of(self, function: Function) -> set[Function]:
        """All methods that a call of *function* may run instead: in bases, subclasses, mixins, by protocols."""
        if function.cls is None:
            return set()
        family: set[Function] = set()
        waiting = [function.cls]
        seen: set[Class] = set()
        while waiting:
            cls = waiting.pop()
            if cls in seen:
                continue
            seen.add(cls)
            own = self._methods[cls].get(function.name)
            if own is not None or cls is function.cls:
                family |= {own} if own is not None else set()
                if cls not in self._kin:
                    self._kin[cls] = set(self._related(cls))
                waiting += self._kin[cls]
        return family - {function}

    def _related(self, cls: Class) -> Iterator[Class]:
        """Whatever may stand in for *cls*, or it for that."""
        for below in (cls, *self._inference.descendants(cls)):
            yield below
            yield from self._inference.ancestors(below)
        if cls in self._protocols:
            yield from (each for each in self._classes if self._protocols[cls] <= self._methods[each].keys())
        else:
            yield from (each for each, names in self._protocols.items() if names <= self._methods[cls].keys())


def _methods(cls: Class) -> dict[str, Function]:
    """The functions that stand in its body."""
    return {
        name: binding.value.function
        for name, bindings in cls.scope.bound.items()
        for binding in bindings
        if isinstance(binding.value, FunctionValue)
    }
