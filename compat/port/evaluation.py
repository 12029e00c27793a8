"""What expressions stand for: followed through assignments, calls, fixtures and decorators of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from . import quart_api as api
from .facts import outside, union
from .hierarchy import Hierarchy
from .program import (
    EACH,
    NOTHING,
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
)

#: The namespace on which functions of one request keep values for each other.
G = External("quart.g")
#: The current user, and the name of the fact that holds which classes it may have.
_CURRENT_USER, USERS = External("compat.current_user"), "users"
#: The fact that says what an application's own class of test clients is.
CLIENTS = "clients"
#: Wrappers that return the function that they are given, or call it in the end.
_TRANSPARENT = {
    *(External(f"compat.{name}") for name in ("login_required", "fresh_login_required", "anonymous_required")),
    *(External(name) for name in ("functools.partial", "functools.wraps()", "quart.copy_current_request_context")),
}
#: Tables with more items than this are not evaluated.
_LONG = 50
#: The key of items whose keys are computed.
_COMPUTED = ""
#: Containers whose items are uploaded files.
_UPLOADED = {Instance(api.FILES), External(f"{api.FILES}.getlist()")}
#: Expressions that cannot be called.
_LITERAL = cst.SimpleString | cst.Integer | cst.Float | cst.ConcatenatedString | cst.FormattedString


@dataclass
class InHand:
    """The module that was looked at last: whose fault it is, if something is raised that nobody has foreseen."""

    module: Module | None = None


class Evaluation(Hierarchy):
    """Evaluates the expressions of one project.

    Args:
        modules: the files.
        in_hand: where to note which of them is looked at.
        passing: wrappers of decorators that stay sync, and give back what the function gives that they wrap: what is
            below such a decorator is known as itself.
    """

    def __init__(self, modules: Sequence[Module], in_hand: InHand, passing: frozenset[Function]) -> None:
        super().__init__(modules)
        self.passing = passing
        self._in_hand = in_hand
        self._evaluated: dict[tuple[cst.BaseExpression, Scope], Values] = {}

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
                given = union(self._external(f"{value.kind}[]") for value in values if isinstance(value, Instance))
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
        return files | union(self._held(value, place) for value in values if isinstance(value, Items))

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
            return union(self._wrapped(value, first) for value in called)
        return union(self._call(value) for value in called)

    def _wrapped(self, decorator: Value, values: Values) -> Values:
        """What a call of *decorator* with *values* gives: themselves, under a wrapper that passes on."""
        given = self._call(decorator)
        passing = {value for value in given if isinstance(value, FunctionValue) and value.function in self.passing}
        return (given - passing) | values if passing else given

    def called(self, values: Values) -> Values:
        """What a call of *values* runs: of an object, its ``__call__``."""
        return union(self.member(value, "__call__") if isinstance(value, ObjectValue) else {value} for value in values)

    def externals(self, node: cst.BaseExpression, scope: Scope) -> set[str]:
        """The dotted names of other packages that *node* may stand for; of ``a.b()``, ``a.b``."""
        return {value.name.removesuffix("()") for value in self.evaluate(node, scope) if isinstance(value, External)}

    def member(self, value: Value, name: str) -> Values:
        """The attribute *name* of *value*."""
        match value:
            case External():
                kept = self._known((G, name)) if value == G else NOTHING
                if value == _CURRENT_USER:
                    kept = union(self.member(user, name) for user in self._known(USERS))
                    kept -= outside(kept)
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

    def _give(self, function: FunctionValue, where: int | str, values: Values) -> None:
        """Note that a parameter may be *values*; its place is counted as the caller counts."""
        params = function.function.parameters
        names = [param.name.value for param in params][1 if function.bound else 0 :]
        if isinstance(where, int):
            where = names[where] if where < len(names) else ""
        if where in names:
            self._learn((function.function.scope, where), values)

    def _attribute(self, owners: Values, name: str) -> Values:
        if name in api.UNMISTAKABLE_METHODS and all(isinstance(value, External) for value in owners):
            return self._external(f"{api.APP}.{name}")
        return union(self.member(value, name) for value in owners)

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

    def _imported(self, dotted: str) -> Values:
        for length in range(len(parts := dotted.split(".")), 0, -1):
            module = self.by_name.get(".".join(parts[:length]))
            if module is not None:
                values: Values = frozenset({ModuleValue(module)})
                for name in parts[length:]:
                    values = union(self.member(value, name) for value in values)
                return values
        return self._external(dotted)

    def _call(self, value: Value) -> Values:
        match value:
            case External(name="compat.current_user._get_current_object"):
                return frozenset({_CURRENT_USER})
            case External(name=name):
                if name in api.RESULTS:
                    own = self._known(CLIENTS) if name == f"{api.APP}.test_client" else NOTHING
                    return own | {Instance(api.RESULTS[name])}
                is_class = name.rpartition(".")[2][:1].isupper()
                return frozenset({Instance(name)}) if is_class else value.then("()")
            case FunctionValue(function=function):
                return self._known(("result", function))
            case ClassValue(cls=cls):
                return frozenset({ObjectValue(cls)})
            case ObjectValue():
                functions = (each for each in self.member(value, "__call__") if isinstance(each, FunctionValue))
                return union(self._call(each) for each in functions)
        return NOTHING


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
