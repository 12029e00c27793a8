"""What expressions stand for: followed through assignments, calls, fixtures and decorators of the project.

The facts only ever grow, so that going round until nothing is added ends; a step (a name, a function, a call) is
taken again when a fact that it asked for has grown. They say what a name *may* be: a
variable that is None first and a test client later is taken for a test client. What may be very many things of
other packages is taken for none of them: a function that walks a tree (``walk(node.left)``) would otherwise have
a parameter that is a longer path in every round, and more of them than memory holds.
"""

from __future__ import annotations

import builtins
import sys
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath

import libcst as cst

from . import quart_api as api
from .names import PORTED, canonical
from .program import (
    EACH,
    NOTHING,
    Binding,
    Class,
    ClassValue,
    External,
    Function,
    FunctionValue,
    Instance,
    Items,
    LambdaValue,
    Module,
    ModuleValue,
    ObjectValue,
    Scope,
    Value,
    Values,
    dotted_name,
)

#: Packages whose names are known under the one that they have after the port.
_OURS = {*PORTED, *PORTED.values()}
#: What requests keep their things on, from one function to the next.
_G = External("quart.g")
#: Who is logged in, and under which fact it is known what that may be.
_CURRENT_USER, _USERS = External("compat.current_user"), "users"
#: The fact that says what an application's own class of test clients is.
_CLIENTS = "clients"
#: What a class-based view's decorators are given.
VIEW = External("quart.views.View.as_view()")
#: What gives back the function that it is given, or calls it in the end.
_TRANSPARENT = {
    *(External(f"compat.{name}") for name in ("login_required", "fresh_login_required", "anonymous_required")),
    *(External(name) for name in ("functools.partial", "functools.wraps()", "quart.copy_current_request_context")),
}
#: More items of a table than this are not looked at.
_LONG = 50
#: The key of items whose keys are computed.
_COMPUTED = ""
#: What is told of a method by its name, where it is given it.
_REQUESTS = {Instance(api.REQUEST), Instance(api.RESPONSE)}
#: Whose items are files that were sent.
_UPLOADED = {Instance(api.FILES), External(f"{api.FILES}.getlist()")}
#: What nobody calls.
_LITERAL = cst.SimpleString | cst.Integer | cst.Float | cst.ConcatenatedString | cst.FormattedString
#: More things of other packages than this, and a name tells nothing about them.
_MANY = 64
#: What parameters of these names are, where nothing else is known of them.
_CUSTOMARY = {"app": api.APP}
_CUSTOMARY_IN_TESTS = {"app": api.APP, "client": api.CLIENT, "test_client": api.CLIENT}


#: Learns one thing; compared by identity.
_Step = Callable[[], None]


@dataclass
class InHand:
    """The module that was looked at last: whose fault it is, if something is raised that nobody has foreseen."""

    module: Module | None = None


class Inference:
    """The facts about one project.

    Args:
        modules: the files.
        in_hand: where to note which of them is looked at.
        passing: wrappers of decorators that stay sync, and give back what the function gives that they wrap: what is
            below such a decorator is known as itself.
    """

    def __init__(
        self, modules: Sequence[Module], in_hand: InHand | None = None, passing: frozenset[Function] = frozenset()
    ) -> None:
        self.modules = modules
        self.passing = passing
        self._in_hand = in_hand or InHand()
        packages_last = sorted(modules, key=lambda module: module.path.stem == "__init__")  # site/ wins over site.py
        self.by_name = {name: module for module in packages_last for name in module.names}
        self.facts: dict[Hashable, Values] = defaultdict(frozenset)
        self.fixtures: dict[str, list[Function]] = defaultdict(list)
        self.hooks: dict[str, set[Function]] = defaultdict(set)
        self._vague: set[Hashable] = set()
        self._readers: dict[Hashable, set[_Step]] = defaultdict(set)
        self._taking: _Step | None = None
        self._evaluated: dict[tuple[cst.BaseExpression, Scope], Values] = {}
        self._own_names = {name for module in modules for cls in module.classes for name in cls.scope.bound}
        self._own_names |= {target.attr.value for module in modules for target, _ in module.assigned_attributes}
        self._folders = {part for module in modules for part in PurePath(module.shown).parts[:-1]}
        self._folders |= {name.partition(".")[0] for name in self.by_name}
        self._methods: dict[str, list[Function]] = defaultdict(list)
        for function in (each for module in modules for each in module.functions if each.cls is not None):
            self._methods[function.name].append(function)
        steps = [step for module in modules for step in self._steps(module)]
        self._stale = set(steps)
        while self._stale:
            for step in steps:
                if step in self._stale:
                    self._stale.discard(step)
                    self._taking = step
                    step()
        self._taking = None

    def evaluate(self, node: cst.BaseExpression | None, scope: Scope) -> Values:
        """What *node* may stand for; an awaitable counts as what awaiting it gives."""
        self._in_hand.module = scope.module
        if node is None:
            return NOTHING
        if self._taking is not None:  # each step has to ask for the facts itself, as they grow
            return self._evaluate(node, scope)
        values = self._evaluated.get((node, scope))
        if values is None:
            values = self._evaluated[node, scope] = self._evaluate(node, scope)
        return values

    def _evaluate(self, node: cst.BaseExpression, scope: Scope) -> Values:
        # Most are one of these three, and a match would ask LibCST's abstract classes for each of them.
        if type(node) is cst.Name:
            return self._look_up(node.value, scope)
        if type(node) is cst.Attribute:
            return self._attribute(self.evaluate(node.value, scope), node.attr.value)
        if type(node) is cst.Call:
            return self._evaluate_call(node, scope)
        match node:
            case cst.Subscript(value=owner, slice=[cst.SubscriptElement(slice=index)]):
                values = self.evaluate(owner, scope)
                given = _union(self._external(f"{value.kind}[]") for value in values if isinstance(value, Instance))
                generic = frozenset(value for value in values if isinstance(value, ClassValue))  # as in ``Base[int]``
                return (
                    given | generic | self._items(values, _place(index.value if isinstance(index, cst.Index) else None))
                )
            case cst.Dict() | cst.Tuple() | cst.List() | cst.ListComp() | cst.GeneratorExp() | cst.Lambda():
                return self._spelt_out(node, scope)
            case cst.Await(expression=inner) | cst.NamedExpr(value=inner):
                return self.evaluate(inner, scope)
            case cst.IfExp(body=one, orelse=other) | cst.BooleanOperation(left=one, right=other):
                return self.evaluate(one, scope) | self.evaluate(other, scope)
        return NOTHING

    def _items(self, values: Values, place: int | str) -> Values:
        """What *values* hold at *place*, a number or a key, or any of it."""
        files = frozenset({Instance(api.FILE)} if values & _UPLOADED else ())
        return files | _union(self._held(value, place) for value in values if isinstance(value, Items))

    def _held(self, table: Items, place: int | str) -> Values:
        if isinstance(table.node, cst.Dict) and isinstance(place, str):
            return self._known((table, place)) | self._known((table, _COMPUTED))
        is_numbered = isinstance(table.node, cst.Tuple | cst.List) and isinstance(place, int)
        return self._known((table, place if is_numbered else EACH))

    def _spelt_out(self, node: cst.BaseExpression, scope: Scope) -> Values:
        """A literal or a comprehension; what it holds is noted."""
        if isinstance(node, cst.Lambda):
            return frozenset({LambdaValue(node, scope.module)})
        table = Items(node, scope)
        match node:
            case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Dict(elements=elements):
                held = [each.value for each in elements[:_LONG]]
            case cst.ListComp(elt=element) | cst.GeneratorExp(elt=element):
                held = [element]
            case _:
                held = []
        for number, element in enumerate(held):
            if not isinstance(element, _LITERAL):
                values = self.evaluate(element, scope)
                self._learn((table, EACH), values)
                self._learn((table, _key(node.elements[number]) if isinstance(node, cst.Dict) else number), values)
        return frozenset({Instance("dict"), table} if isinstance(node, cst.Dict) else {table})

    def decorated(self, function: Function) -> Values:
        """What the name of *function* stands for, under its decorators."""
        values: Values = frozenset({FunctionValue(function)})
        for decorator in function.decorators:
            wrapped = NOTHING
            for applied in self.called(self.evaluate(decorator, function.outer)):
                if isinstance(applied, FunctionValue):
                    self._give(applied, 0, values)
                    wrapped |= self._wrapped(applied, values)
                elif isinstance(applied, ClassValue):  # a decorator that is written as a class
                    for initialiser in self._class_member(applied.cls, "__init__", bound=True):
                        if isinstance(initialiser, FunctionValue):
                            self._give(initialiser, 0, values)
                    wrapped |= self._call(applied)
            values = wrapped or values
        return values

    def _evaluate_call(self, call: cst.Call, scope: Scope) -> Values:
        """What a call gives; of a ``functools.partial``, what is called at last, and of ``getattr``, the attribute."""
        match call:
            case cst.Call(func=cst.Name(value="super"), args=arguments):
                return self._above(arguments, scope)
            case cst.Call(func=cst.Name(value="getattr"), args=[owner, cst.Arg(value=cst.SimpleString() as name), *_]):
                return self._attribute(self.evaluate(owner.value, scope), str(name.evaluated_value))
            case cst.Call(func=cst.Name(value="getattr"), args=[owner, *_]):
                is_client = Instance(api.CLIENT) in self.evaluate(owner.value, scope)
                return self._external(f"{api.CLIENT}.open") if is_client else NOTHING
            case cst.Call(func=cst.Attribute(value=table, attr=cst.Name(value="get" | "pop")), args=[key, *_]):
                tables = frozenset(each for each in self.evaluate(table, scope) if _is_dict(each))
                held = self._items(tables, _place(key.value))
                if held:
                    return held
        called = self.evaluate(call.func, scope)
        if not called.isdisjoint(_TRANSPARENT) and call.args:
            return self.evaluate(call.args[0].value, scope)
        if self.passing and call.args:
            first = self.evaluate(call.args[0].value, scope)
            return _union(self._wrapped(value, first) for value in called)
        return _union(self._call(value) for value in called)

    def _wrapped(self, decorator: Value, values: Values) -> Values:
        """What a call of *decorator* with *values* gives: themselves, under a wrapper that passes on."""
        given = self._call(decorator)
        passing = {value for value in given if isinstance(value, FunctionValue) and value.function in self.passing}
        return (given - passing) | values if passing else given

    def called(self, values: Values) -> Values:
        """What a call of *values* runs: of an object, its ``__call__``."""
        return _union(self.member(value, "__call__") if isinstance(value, ObjectValue) else {value} for value in values)

    def bases(self, cls: Class) -> set[Class]:
        """The classes of the project that *cls* names as its bases."""
        values = _union(self.evaluate(base, cls.outer) for base in cls.bases)
        return {value.cls for value in values if isinstance(value, ClassValue)} - {cls}

    def externals(self, node: cst.BaseExpression, scope: Scope) -> set[str]:
        """The dotted names of other packages that *node* may stand for; of ``a.b()``, ``a.b``."""
        return {value.name.removesuffix("()") for value in self.evaluate(node, scope) if isinstance(value, External)}

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

    def is_fixture(self, function: Function) -> bool:
        """Whether pytest calls it for tests that name it."""
        return any(
            name in ("pytest.fixture", "pytest_asyncio.fixture")
            for decorator in function.decorators
            for name in self.externals(decorator, function.outer)
        )

    def outlives_a_test(self, function: Function) -> bool:
        """Whether it is a fixture of a wider scope than one test."""
        return self.is_fixture(function) and any(
            arg.keyword is not None
            and arg.keyword.value == "scope"
            and not (isinstance(arg.value, cst.SimpleString) and arg.value.evaluated_value == "function")
            for decorator in function.decorators
            if isinstance(decorator, cst.Call)
            for arg in decorator.args
        )

    def member(self, value: Value, name: str) -> Values:
        """The attribute *name* of *value*."""
        match value:
            case External():
                kept = self._known((_G, name)) if value == _G else NOTHING
                if value == _CURRENT_USER:
                    kept = _union(self.member(user, name) for user in self._known(_USERS))
                    kept -= _outside(kept)
                return kept or self._external(f"{value.name}.{name}")
            case Instance(kind=kind):
                return self._external(f"{kind}.{name}")
            case ModuleValue(module=module):
                below = next(
                    (self.by_name[f"{own}.{name}"] for own in module.names if f"{own}.{name}" in self.by_name), None
                )
                found = self._own(module.scope, name) or self._from_stars(module, name, frozenset())
                return found or (frozenset({ModuleValue(below)}) if below else NOTHING)
            case ClassValue(cls=cls):
                return self._class_member(cls, name, bound=False)
            case ObjectValue(cls=cls, above=above):
                return self._class_member(cls, name, bound=True, above=above)
        return NOTHING

    # One round

    def _steps(self, module: Module) -> Iterator[_Step]:
        """What is to be learnt from *module*, in the smallest parts that can be taken again alone."""
        for scope in module.all_scopes():
            for name in scope.bound:
                yield partial(self._learn_name, scope, name)
        for function in module.functions:
            yield partial(self._learn_function, function)
        for target, expression in module.assigned_attributes:
            yield partial(self._learn_attribute, target, expression, module.scopes[target])
        for call in module.calls:
            yield partial(self._learn_call, call, module.scopes[call])
        for cls in module.classes:
            yield partial(self._learn_class, cls)

    def _learn_name(self, scope: Scope, name: str) -> None:
        self._learn((scope, name), _union(self._bound_to(binding, scope) for binding in scope.bound[name]))

    def _learn_attribute(self, target: cst.Attribute, expression: cst.BaseExpression, scope: Scope) -> None:
        values = self.evaluate(expression, scope)
        for owner in self.evaluate(target.value, scope):
            if isinstance(owner, ObjectValue | ClassValue):
                self._learn((owner.cls, target.attr.value), values)
            elif owner == _G:
                self._learn((_G, target.attr.value), values)

    def _bound_to(self, binding: Binding, scope: Scope) -> Values:
        if binding.dotted is not None:
            return self._imported(binding.dotted)
        if isinstance(binding.value, FunctionValue):
            return self.decorated(binding.value.function)
        if binding.value is not None:
            return frozenset({binding.value})
        values = self.evaluate(binding.expression, scope)
        return values if binding.item is None else self._items(values, binding.item)

    def _learn_function(self, function: Function) -> None:
        self._learn(("result", function), _union(self.evaluate(each, function.scope) for each in function.results))
        if function.node.returns is not None and not function.is_generator:
            given = self._annotated(function.node.returns.annotation, function.outer)
            self._learn(("result", function), (value for value in given if isinstance(value, ObjectValue)))
        own = self._kind_of_method(function)
        if own is not None and function.parameters:
            self._learn((function.scope, function.parameters[0].name.value), frozenset({own}))
        for decorator in function.decorators:
            for name in self.externals(decorator, function.outer):
                self._give_to_hook(name, FunctionValue(function))
            if isinstance(decorator, cst.Call):
                self._learn_parametrized(function, decorator)
        is_fixture = self.is_fixture(function)
        if is_fixture and function not in self.fixtures[function.name]:
            self.fixtures[function.name].append(function)
            self._stale |= self._readers["fixtures", function.name]
        for param in function.parameters:
            self._learn_parameter(function, param, asks_fixtures=is_fixture or function.name.startswith("test"))

    def _learn_parameter(self, function: Function, param: cst.Param, *, asks_fixtures: bool) -> None:
        """What a parameter may be by its annotation, by the fixture of its name, or else by custom."""
        name, key = param.name.value, (function.scope, param.name.value)
        if param.annotation is not None:
            self._learn(key, self._annotated(param.annotation.annotation, function.outer))
        if param.default is not None:
            default = self.evaluate(param.default, function.outer)
            self._learn(key, (value for value in default if not isinstance(value, External)))
        fixtures = self._fixtures(name)
        if asks_fixtures:
            near = [each for each in fixtures if each.module is function.module]
            for fixture in near or fixtures:
                if fixture is not function:
                    self._learn(key, self._known(("result", fixture)))
        customary = _CUSTOMARY_IN_TESTS if function.module.is_test else _CUSTOMARY
        if name in customary and not fixtures and not self._known(key):
            self._learn(key, frozenset({Instance(customary[name])}))

    def _annotated(self, node: cst.BaseExpression, scope: Scope) -> Values:
        """What an object of the type *node* is; of ``Any``, and of other types that say nothing, nothing."""
        match node:
            case cst.SimpleString():
                try:
                    return self._annotated(cst.parse_expression(node.raw_value), scope)
                except cst.ParserSyntaxError:
                    return NOTHING
            case cst.BinaryOperation(left=one, operator=cst.BitOr(), right=other):
                return self._annotated(one, scope) | self._annotated(other, scope)
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=inner))]):
                is_optional = dotted_name(node.value).rpartition(".")[2] == "Optional"
                return self._annotated(inner, scope) if is_optional else NOTHING
        types = (value for value in self.evaluate(node, scope) if not isinstance(value, FunctionValue))
        return _union(self._call(value) for value in types if not _says_nothing(value))

    def _give_to_hook(self, registers: str, function: Value) -> None:
        if registers in api.LOADERS and isinstance(function, FunctionValue):
            loaded = self._known(("result", function.function))
            self._learn(_USERS, (value for value in loaded if isinstance(value, ObjectValue)))
        if registers in api.GIVEN and isinstance(function, FunctionValue):
            self._give(function, 0, frozenset({Instance(api.GIVEN[registers])}))
            self.hooks[registers].add(function.function)

    def _learn_parametrized(self, function: Function, decorator: cst.Call) -> None:
        """What ``pytest.mark.parametrize`` gives, as far as its list is spelt out."""
        match [arg.value for arg in decorator.args[:2]]:
            case [cst.SimpleString() as names, cst.List(elements=rows) | cst.Tuple(elements=rows)]:
                where = [name.strip() for name in str(names.evaluated_value).split(",")]
            case _:
                return
        if "pytest.mark.parametrize" not in self.externals(decorator, function.outer):
            return
        for row in rows:
            cells = row.value.elements if isinstance(row.value, cst.Tuple | cst.List) and len(where) > 1 else [row]
            for name, cell in zip(where, cells, strict=False):
                self._give(FunctionValue(function), name, self.evaluate(cell.value, function.outer))

    def _kind_of_method(self, function: Function) -> Value | None:
        cls, kinds = function.cls, {dotted_name(each) for each in function.decorators}
        if cls is None or "staticmethod" in kinds:
            return None
        return ClassValue(cls) if "classmethod" in kinds else ObjectValue(cls)

    def _learn_call(self, call: cst.Call, scope: Scope) -> None:
        called = self.called(self.evaluate(call.func, scope))
        if call.args and all(isinstance(value, External) and "()" in value.name for value in called):
            self._give_by_name(call, scope)
        for value in called:
            if isinstance(value, External) and call.args:
                for function in self.evaluate(call.args[0].value, scope):
                    self._give_to_hook(value.name, function)
            if isinstance(value, ClassValue):
                initialisers = self._class_member(value.cls, "__init__", bound=True)
            else:
                initialisers = frozenset({value})
            for function in initialisers:
                if isinstance(function, FunctionValue):
                    for number, arg in enumerate(call.args):
                        where = arg.keyword.value if arg.keyword is not None else number
                        self._give(function, where, self.evaluate(arg.value, scope))

    def _give_by_name(self, call: cst.Call, scope: Scope) -> None:
        """Give the request to all methods of the name, where nothing is known of the object that has it."""
        methods = self._methods.get(call.func.attr.value, ()) if isinstance(call.func, cst.Attribute) else ()
        for number, arg in enumerate(call.args if methods else ()):
            given = self.evaluate(arg.value, scope) & _REQUESTS
            for method in methods if given else ():
                bound = not _is_staticmethod(method)
                where = arg.keyword.value if arg.keyword is not None else number
                self._give(FunctionValue(method, bound=bound), where, given)

    def _learn_class(self, cls: Class) -> None:
        self._learn_view_decorators(cls)
        above = self.external_bases(cls)
        if above & api.USERS:
            self._learn(_USERS, {ObjectValue(cls)})
        if api.CLIENT in above:
            self._learn(_CLIENTS, {ObjectValue(cls)})
        for base in self.bases(cls):
            self._learn(("subclasses", base), {ClassValue(cls)})

    def _learn_view_decorators(self, cls: Class) -> None:
        for binding in cls.scope.bound.get("decorators", ()):
            if isinstance(binding.expression, cst.List | cst.Tuple):
                for element in binding.expression.elements:
                    for value in self.evaluate(element.value, cls.scope):
                        if isinstance(value, FunctionValue):
                            self._give(value, 0, frozenset({VIEW}))

    def _give(self, function: FunctionValue, where: int | str, values: Values) -> None:
        """Note that a parameter may be *values*; its place is counted as the caller counts."""
        params = function.function.parameters
        names = [param.name.value for param in params][1 if function.bound else 0 :]
        if isinstance(where, int):
            where = names[where] if where < len(names) else ""
        if where in names:
            self._learn((function.function.scope, where), values)

    def _learn(self, key: Hashable, values: Iterable[Value]) -> None:
        known = self.facts[key]
        new = frozenset(value for value in values if value not in known)
        if not new:
            return
        if key in self._vague:
            new -= _outside(new)
        elif len(outside := _outside(known | new)) > _MANY:
            self._vague.add(key)
            self.facts[key] = known = known - outside
            new -= outside
        if new:
            self.facts[key] = known | new
            self._stale |= self._readers[key]

    def _known(self, key: Hashable) -> Values:
        if self._taking is not None:
            self._readers[key].add(self._taking)
        return self.facts[key]

    def _fixtures(self, name: str) -> list[Function]:
        """The fixtures of that name, asked for as a fact is."""
        if self._taking is not None:
            self._readers["fixtures", name].add(self._taking)
        return self.fixtures[name]

    # What things stand for

    def _attribute(self, owners: Values, name: str) -> Values:
        if name in api.UNMISTAKABLE_METHODS and all(isinstance(value, External) for value in owners):
            return self._external(f"{api.APP}.{name}")
        return _union(self.member(value, name) for value in owners)

    def _look_up(self, name: str, scope: Scope) -> Values:
        current: Scope | None = scope.elsewhere.get(name, scope)
        while current is not None:
            if name in current.bound and (current is scope or not current.is_class):
                return self._known((current, name))
            current = current.parent
        if name in ("None", "True", "False"):
            return NOTHING
        return self._from_stars(scope.module, name, frozenset()) or frozenset({External(name)})  # built in

    def _from_stars(self, module: Module, name: str, seen: frozenset[Module]) -> Values:
        """What *name* is by ``from x import *``, where ``x`` is of the project."""
        found: Values = NOTHING
        for source in module.scope.stars:
            starred = self.by_name.get(source)
            if starred is not None and starred not in seen | {module}:
                found |= self._own(starred.scope, name) or self._from_stars(starred, name, seen | {module})
        return found

    def _own(self, scope: Scope, name: str) -> Values:
        return self._known((scope, name)) if name in scope.bound else NOTHING

    def _imported(self, dotted: str) -> Values:
        for length in range(len(parts := dotted.split(".")), 0, -1):
            module = self.by_name.get(".".join(parts[:length]))
            if module is not None:
                values: Values = frozenset({ModuleValue(module)})
                for name in parts[length:]:
                    values = _union(self.member(value, name) for value in values)
                return values
        return self._external(dotted)

    @staticmethod
    def _external(dotted: str) -> Values:
        if dotted.partition(".")[0] in _OURS and "(" not in dotted:
            dotted = canonical(dotted)
        if dotted in api.OBJECTS:
            return frozenset({Instance(api.OBJECTS[dotted])})
        return External(dotted).then("")

    def _call(self, value: Value) -> Values:
        match value:
            case External(name="compat.current_user._get_current_object"):
                return frozenset({_CURRENT_USER})
            case External(name=name):
                if name in api.RESULTS:
                    own = self._known(_CLIENTS) if name == f"{api.APP}.test_client" else NOTHING
                    return own | {Instance(api.RESULTS[name])}
                is_class = name.rpartition(".")[2][:1].isupper()
                return frozenset({Instance(name)}) if is_class else value.then("()")
            case FunctionValue(function=function):
                return self._known(("result", function))
            case ClassValue(cls=cls):
                return frozenset({ObjectValue(cls)})
            case ObjectValue():
                functions = (each for each in self.member(value, "__call__") if isinstance(each, FunctionValue))
                return _union(self._call(each) for each in functions)
        return NOTHING

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
                if isinstance(value, FunctionValue) and not _is_staticmethod(value.function)
                else value
                for value in own
            }
            return frozenset(values)
        found = self._member_of_bases(cls, name, bound, seen)
        if not seen and name in self._own_names and found <= _outside(found):
            found |= self._member_of_subclasses(cls, name, bound)
        return found

    def _member_of_subclasses(self, cls: Class, name: str, bound: bool) -> Values:
        """What the methods of a mixin, or of a base class of tests, find in the classes that are made of it."""
        return _union(
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


def _is_staticmethod(function: Function) -> bool:
    return any(dotted_name(decorator) == "staticmethod" for decorator in function.decorators)


def _union(many: Iterable[Iterable[Value]]) -> Values:
    return frozenset(value for values in many for value in values)


def _outside(values: Iterable[Value]) -> set[Value]:
    return {value for value in values if isinstance(value, External | Items | LambdaValue)}


def _says_nothing(kind: Value) -> bool:
    return isinstance(kind, External) and kind.name.startswith(("typing.", "typing_extensions.", "object", "abc."))


def _is_pythons(name: str) -> bool:
    """Whether it is built in, or of the standard library."""
    first = name.partition(".")[0]
    return first in sys.stdlib_module_names or first == "typing_extensions" or hasattr(builtins, first)


def _is_dict(value: Value) -> bool:
    return isinstance(value, Items) and isinstance(value.node, cst.Dict)


def _place(index: cst.BaseExpression | None) -> int | str:
    """The number or the key between brackets, or any."""
    match index:
        case cst.Integer() as number:
            return number.evaluated_value
        case cst.SimpleString(evaluated_value=str() as key):
            return key
    return EACH


def _key(element: cst.BaseDictElement) -> str:
    """The key of an item of a dict that is spelt out."""
    key = _place(element.key) if isinstance(element, cst.DictElement) else EACH
    return key if isinstance(key, str) else _COMPUTED
