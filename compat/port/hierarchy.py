"""The classes of a project: what they come from, what comes from them, and where their attributes are found."""

from __future__ import annotations

import builtins
import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import libcst as cst

from . import quart_api as api
from .facts import Facts, outside, union
from .names import PORTED, canonical
from .program import (
    NOTHING,
    Class,
    ClassValue,
    External,
    Function,
    FunctionValue,
    Instance,
    Module,
    ObjectValue,
    Scope,
    Values,
    dotted_name,
)

#: Packages whose names are known under the one that they have after the port.
_OURS = {*PORTED, *PORTED.values()}


class Hierarchy(Facts):
    """What is known of classes.

    Args:
        modules: the files.
    """

    def __init__(self, modules: Sequence[Module]) -> None:
        super().__init__()
        packages_last = sorted(modules, key=lambda module: module.path.stem == "__init__")  # site/ wins over site.py
        self.by_name = {name: module for module in packages_last for name in module.names}
        self._own_names = {name for module in modules for cls in module.classes for name in cls.scope.bound}
        self._own_names |= {target.attr.value for module in modules for target, _ in module.assigned_attributes}
        self._folders = {part for module in modules for part in PurePath(module.shown).parts[:-1]}
        self._folders |= {name.partition(".")[0] for name in self.by_name}

    @abstractmethod
    def evaluate(self, node: cst.BaseExpression | None, scope: Scope) -> Values:
        """What *node* may stand for."""

    def bases(self, cls: Class) -> set[Class]:
        """The classes of the project that *cls* names as its bases."""
        values = union(self.evaluate(base, cls.outer) for base in cls.bases)
        return {value.cls for value in values if isinstance(value, ClassValue)} - {cls}

    def ancestors(self, cls: Class) -> set[Class]:
        """All classes of the project that *cls* comes from."""
        found: set[Class] = set()
        waiting = [cls]
        while waiting:
            above = self.bases(waiting.pop()) - found
            found |= above
            waiting += above
        return found

    def external_bases(self, cls: Class, seen: frozenset[Class] = frozenset()) -> set[str]:
        """The classes of other packages that *cls* comes from."""
        found: set[str] = set()
        for base in cls.bases:
            for value in self.evaluate(base, cls.outer):
                if isinstance(value, External):
                    found.add(value.name)
                elif isinstance(value, ClassValue) and value.cls not in seen | {cls}:
                    found |= self.external_bases(value.cls, seen | {cls})
        return found

    def lost_bases(self, cls: Class, seen: frozenset[Class] = frozenset()) -> Iterator[str]:
        """The bases of *cls* that look like the project's own, or are computed, and cannot be followed."""
        for base in cls.bases:
            values = self.evaluate(base, cls.outer) or self._generic(base, cls.outer)
            if not values:
                yield cls.outer.module.code(base)
            for value in values:
                if isinstance(value, ClassValue) and value.cls not in seen | {cls}:
                    yield from self.lost_bases(value.cls, seen | {cls})
                elif isinstance(value, External) and self._looks_own(value.name):
                    yield value.name

    def _generic(self, base: cst.BaseExpression, scope: Scope) -> Values:
        """The class of Python's own in front of brackets: ``Generic[T]``, ``dict[str, T]``."""
        values = self.evaluate(base.value, scope) if isinstance(base, cst.Subscript) else NOTHING
        return frozenset(value for value in values if isinstance(value, External) and _is_pythons(value.name))

    def _looks_own(self, name: str) -> bool:
        """Whether the first part of a dotted name is called as a folder of the project; or nothing is called so."""
        first, _, rest = name.partition(".")
        return first in self._folders if rest else not hasattr(builtins, name.partition("(")[0])

    def _own(self, scope: Scope, name: str) -> Values:
        return self._known((scope, name)) if name in scope.bound else NOTHING

    @staticmethod
    def _external(dotted: str) -> Values:
        if dotted.partition(".")[0] in _OURS and "(" not in dotted:
            dotted = canonical(dotted)
        if dotted in api.OBJECTS:
            return frozenset({Instance(api.OBJECTS[dotted])})
        return External(dotted).then("")

    def _class_member(
        self, cls: Class, name: str, *, bound: bool, above: bool = False, seen: frozenset[Class] = frozenset()
    ) -> Values:
        """The attribute *name* of *cls*, or what ``super()`` finds in its methods, if *above*."""
        if above:
            return self._member_of_bases(cls, name, bound, seen) | self._member_of_siblings(cls, name, bound)
        own = self._own(cls.scope, name) | self._known((cls, name))
        if own:
            values = {
                FunctionValue(value.function, bound=bound or _is_classmethod(value.function))
                if isinstance(value, FunctionValue) and not is_staticmethod(value.function)
                else value
                for value in own
            }
            return frozenset(values)
        found = self._member_of_bases(cls, name, bound, seen)
        if not seen and name in self._own_names and found <= outside(found):
            found |= self._member_of_subclasses(cls, name, bound)
        return found

    def _member_of_subclasses(self, cls: Class, name: str, bound: bool) -> Values:
        """What the methods of a mixin, or of a base class of tests, find in the classes that are made of it."""
        return union(
            self._class_member(below, name, bound=bound, seen=frozenset({cls})) for below in self.descendants(cls)
        )

    def _member_of_bases(self, cls: Class, name: str, bound: bool, seen: frozenset[Class]) -> Values:
        """A name may be bound to several classes, and a class then be its own base: *seen* ends that."""
        found: Values = NOTHING
        for base in cls.bases:
            for value in self.evaluate(base, cls.outer):
                if isinstance(value, ClassValue) and value.cls not in seen | {cls}:
                    found |= self._class_member(value.cls, name, bound=bound, seen=seen | {cls})
                elif isinstance(value, External):
                    found |= self._external(f"{value.name}.{name}")
        return found

    def _member_of_siblings(self, cls: Class, name: str, bound: bool) -> Values:
        """What stands beside *cls*, a mixin perhaps, among the bases of its subclasses: ``class F(Mixin, Form)``."""
        found: Values = NOTHING
        for below in self.descendants(cls):
            found |= self._member_of_bases(below, name, bound, frozenset({cls}))
        return found

    def descendants(self, cls: Class) -> set[Class]:
        """All subclasses of *cls* in the project, and theirs."""
        found: set[Class] = set()
        waiting = [cls]
        while waiting:
            values = self._known(("subclasses", waiting.pop()))
            below = {value.cls for value in values if isinstance(value, ClassValue)} - found
            found |= below
            waiting += below
        return found - {cls}

    def _above(self, arguments: Sequence[cst.Arg], scope: Scope) -> Values:
        """What ``super()`` stands for, or ``super(F, self)``: the bases of the class of the method, or of ``F``."""
        named = self.evaluate(arguments[0].value, scope) if arguments else NOTHING
        classes = frozenset(ObjectValue(value.cls, above=True) for value in named if isinstance(value, ClassValue))
        return classes or self._bases_of_method(scope)

    def _bases_of_method(self, scope: Scope) -> Values:
        current: Scope | None = scope
        while current is not None:
            if isinstance(current.owner, Function) and current.owner.cls is not None:
                return frozenset({ObjectValue(current.owner.cls, above=True)})
            current = current.parent
        return NOTHING


def _is_classmethod(function: Function) -> bool:
    return any(dotted_name(decorator) == "classmethod" for decorator in function.decorators)


def is_staticmethod(function: Function) -> bool:
    """Whether it is a static method of a class."""
    return any(dotted_name(decorator) == "staticmethod" for decorator in function.decorators)


def _is_pythons(name: str) -> bool:
    """Whether it is built in, or of the standard library."""
    first = name.partition(".")[0]
    return first in sys.stdlib_module_names or first == "typing_extensions" or hasattr(builtins, first)
