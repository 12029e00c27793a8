"""The project as it was read: modules, their scopes, what is bound, called and returned in them, and what that may be.

Everything outside the project is in one dotted namespace, where a call adds ``()`` and an attribute a dot:
``sqlite3.connect().execute``. Names of Flask are there under the name that Quart gives them, so that code
which is ported already looks the same as code which is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath

import libcst as cst

from .lines import Lines
from .names import PORTED

_FLASK = re.compile(r"(?<![\w.])(flask|flask_login)\.")


@dataclass(eq=False)
class Scope:
    """Where names are bound: a module, class, function or lambda."""

    module: Module
    parent: Scope | None
    owner: Function | Class | None = None
    is_lambda: bool = False
    bound: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    @property
    def is_class(self) -> bool:
        """Whether functions inside do not see its names."""
        return isinstance(self.owner, Class)


#: Any item, as a loop gives them.
EACH = -1


@dataclass(frozen=True)
class Binding:
    """What gives a name its value: an expression, an import (a dotted name), or a definition.

    With *item*, it is that item of what the expression gives; `EACH` stands for any of them.
    """

    expression: cst.BaseExpression | None = None
    dotted: str | None = None
    value: Value | None = None
    item: int | None = None


class InProgramOrder:
    """A definition, which sorts as it stands in the project: by file, and then by its place there.

    Sets of definitions have another order in every run. Where it matters which of them comes first, they are sorted.
    """

    outer: Scope
    number: int

    def __lt__(self, other: InProgramOrder) -> bool:
        return (self.outer.module.shown, self.number) < (other.outer.module.shown, other.number)


@dataclass(eq=False)
class Function(InProgramOrder):
    """A function or method; *number* counts the definitions of its module before it."""

    node: cst.FunctionDef
    outer: Scope
    scope: Scope = field(init=False)
    number: int = field(init=False)
    results: list[cst.BaseExpression] = field(default_factory=list)
    is_generator: bool = False

    def __post_init__(self) -> None:
        self.scope = Scope(self.outer.module, self.outer, self)
        self.number = self.outer.module.count_definitions()

    @property
    def name(self) -> str:
        """Its name in the code."""
        return self.node.name.value

    @property
    def module(self) -> Module:
        """Where it stands."""
        return self.outer.module

    @property
    def is_async(self) -> bool:
        """Whether it was async before the port."""
        return self.node.asynchronous is not None

    @property
    def cls(self) -> Class | None:
        """The class that it is a method of."""
        return self.outer.owner if isinstance(self.outer.owner, Class) else None

    @property
    def is_test_case(self) -> bool:
        """Whether it is a method of unittest's, as far as its class says so."""
        return self.cls is not None and any(dotted_name(base).endswith("TestCase") for base in self.cls.bases)

    @property
    def decorators(self) -> list[cst.BaseExpression]:
        """The innermost, which is applied first, first."""
        return [decorator.decorator for decorator in reversed(self.node.decorators)]

    @property
    def parameters(self) -> list[cst.Param]:
        """Those that are given by position or name."""
        params = self.node.params
        return [*params.posonly_params, *params.params, *params.kwonly_params]


@dataclass(eq=False)
class Class(InProgramOrder):
    """A class of the project; *number* counts the definitions of its module before it."""

    node: cst.ClassDef
    outer: Scope
    scope: Scope = field(init=False)
    number: int = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(self.outer.module, self.outer, self)
        self.number = self.outer.module.count_definitions()

    @property
    def bases(self) -> list[cst.BaseExpression]:
        """The expressions between its parentheses."""
        return [base.value for base in self.node.bases]


@dataclass(eq=False)
class Module:
    """One file.

    Args:
        path: the file.
        shown: how reports name it.
        names: the dotted names under which the project imports it.
        package: the dotted name that its relative imports begin at.
        source: its text.
        tree: its syntax; nodes are keys everywhere here.
    """

    path: Path
    shown: str
    names: tuple[str, ...]
    package: str
    source: bytes
    tree: cst.Module
    parents: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    scope: Scope = field(init=False)
    scopes: dict[cst.CSTNode, Scope] = field(default_factory=dict)
    generators: dict[cst.CSTNode, cst.GeneratorExp] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    calls: list[cst.Call] = field(default_factory=list)
    attributes: list[cst.Attribute] = field(default_factory=list)
    loads: list[cst.Name] = field(default_factory=list)
    withs: list[cst.With] = field(default_factory=list)
    strings: list[cst.SimpleString] = field(default_factory=list)
    imports: list[cst.Import | cst.ImportFrom] = field(default_factory=list)
    assigned_attributes: list[tuple[cst.Attribute, cst.BaseExpression]] = field(default_factory=list)

    @cached_property
    def is_test(self) -> bool:
        """Whether pytest collects from it."""
        name = self.path.name
        return name.startswith("test") or name.endswith("_test.py") or name in ("conftest.py", "tests.py")

    @cached_property
    def is_of_tests(self) -> bool:
        """Whether it is not served: pytest collects from it, or it stands in a folder of tests."""
        return self.is_test or not {"test", "tests"}.isdisjoint(PurePath(self.shown).parts[:-1])

    def count_definitions(self) -> int:
        """How many functions and classes have been read so far."""
        return len(self.functions) + len(self.classes)

    def all_scopes(self) -> list[Scope]:
        """Its own scope, and those of its functions and classes."""
        return [self.scope, *(each.scope for each in self.functions), *(each.scope for each in self.classes)]

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.source, self.tree, self.parents)

    def line(self, node: cst.CSTNode) -> int:
        """The line that *node* begins on."""
        return self._lines.of(node)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around *node*."""
        return self.parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around *node*, the nearest first."""
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    def code(self, node: cst.CSTNode) -> str:
        """The text of *node*, on one line and not too long; modules have the names that they have after the port."""
        text = " ".join(self.tree.code_for_node(node).split())
        text = _FLASK.sub(lambda found: f"{PORTED[found[1]]}.", text)
        return text if len(text) <= 60 else text[:57] + "..."


# --- what an expression may stand for

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


@dataclass(frozen=True)
class Items:
    """A list, tuple or dict that is spelt out, or made by a comprehension: its items are looked up when asked for."""

    node: cst.BaseExpression
    scope: Scope


@dataclass(frozen=True)
class LambdaValue:
    """A lambda of the project."""

    node: cst.Lambda
    module: Module


Value = External | Instance | FunctionValue | ClassValue | ObjectValue | ModuleValue | Items | LambdaValue
Values = frozenset[Value]
NOTHING: Values = frozenset()


def functions_in_order(values: Iterable[Value]) -> list[Function]:
    """The functions of the project among *values*, in program order."""
    return sorted({value.function for value in values if isinstance(value, FunctionValue)})


def dotted_name(node: cst.BaseExpression | None) -> str:
    """``a.b.c`` of the nodes that spell it; nothing of others."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{dotted_name(node.value)}.{node.attr.value}"
    return ""


def imported_module(module: Module, node: cst.ImportFrom) -> str:
    """The absolute name of the module that *node* imports from."""
    name = dotted_name(node.module)
    if not node.relative:
        return name
    package = module.package.split(".")
    kept = package[: len(package) - len(node.relative) + 1]
    return ".".join([*kept, name] if name else kept)
