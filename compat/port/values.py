"""What an expression may stand for, as far as the assistant follows it.

Everything outside the project lives in one dotted namespace, where a call adds ``()`` and an attribute a dot:
``sqlite3.connect().execute``. Names of Flask stand there under the name that Quart gives them, so that code
which is ported already looks the same as code which is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .program import Class, Function, Module

#: Longer chains of calls tell nothing, and a loop (``x = x.next()``) would lengthen them for ever.
_LONGEST = 120


@dataclass(frozen=True)
class External:
    """A name of another package, or what was reached from it."""

    name: str

    def then(self, step: str) -> frozenset[Value]:
        """What an attribute of it, or its call, stands for."""
        name = self.name + step
        return frozenset({External(name)}) if len(name) <= _LONGEST else frozenset()


@dataclass(frozen=True)
class Instance:
    """An object of a class outside the project: ``quart.Request``."""

    kind: str


@dataclass(frozen=True)
class FunctionValue:
    """A function of the project; *bound* if it was reached through an object or class that it gets first."""

    function: Function
    bound: bool = False


@dataclass(frozen=True)
class ClassValue:
    """A class of the project."""

    cls: Class


@dataclass(frozen=True)
class ObjectValue:
    """An object of a class of the project; *above* if it is ``super()``, which begins at the bases."""

    cls: Class
    above: bool = False


@dataclass(frozen=True)
class ModuleValue:
    """A module of the project."""

    module: Module


Value = External | Instance | FunctionValue | ClassValue | ObjectValue | ModuleValue
Values = frozenset[Value]
NOTHING: Values = frozenset()
