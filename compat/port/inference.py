"""What is to be learnt from each part of a project, until nothing new is learnt from any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

import libcst as cst

from . import quart_api as api
from .evaluation import CLIENTS, USERS, Evaluation, G, InHand
from .facts import Step, union
from .hierarchy import is_staticmethod
from .program import (
    NOTHING,
    Binding,
    Class,
    ClassValue,
    External,
    Function,
    FunctionValue,
    Instance,
    Module,
    ObjectValue,
    Scope,
    Value,
    Values,
    dotted_name,
)

#: The value that the decorators of a class-based view are called with.
VIEW = External("quart.views.View.as_view()")
#: Types of arguments that are noted for a method by its name alone, if the object of the call is unknown.
_REQUESTS = {Instance(api.REQUEST), Instance(api.RESPONSE)}
#: The usual types of parameters with these names, if nothing else is known of them.
_CUSTOMARY = {"app": api.APP}
_CUSTOMARY_IN_TESTS = {"app": api.APP, "client": api.CLIENT, "test_client": api.CLIENT}


class Inference(Evaluation):
    """The facts about one project.

    Args:
        modules: the files.
        in_hand: where to note which of them is looked at.
        passing: wrappers of decorators that stay sync, and give back what the function gives that they wrap.
    """

    def __init__(
        self, modules: Sequence[Module], in_hand: InHand | None = None, passing: frozenset[Function] = frozenset()
    ) -> None:
        super().__init__(modules, in_hand or InHand(), passing)
        self.modules = modules
        self.fixtures: dict[str, list[Function]] = defaultdict(list)
        self.hooks: dict[str, set[Function]] = defaultdict(set)
        self._methods: dict[str, list[Function]] = defaultdict(list)
        for function in (each for module in modules for each in module.functions if each.cls is not None):
            self._methods[function.name].append(function)
        self._take([step for module in modules for step in self._steps(module)])

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

    def _steps(self, module: Module) -> Iterator[Step]:
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
        self._learn((scope, name), union(self._bound_to(binding, scope) for binding in scope.bound[name]))

    def _learn_attribute(self, target: cst.Attribute, expression: cst.BaseExpression, scope: Scope) -> None:
        values = self.evaluate(expression, scope)
        for owner in self.evaluate(target.value, scope):
            if isinstance(owner, ObjectValue | ClassValue):
                self._learn((owner.cls, target.attr.value), values)
            elif owner == G:
                self._learn((G, target.attr.value), values)

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
        self._learn(("result", function), union(self.evaluate(each, function.scope) for each in function.results))
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
            self._have_grown(("fixtures", function.name))
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
        return union(self._call(value) for value in types if not _says_nothing(value))

    def _give_to_hook(self, registers: str, function: Value) -> None:
        if registers in api.LOADERS and isinstance(function, FunctionValue):
            loaded = self._known(("result", function.function))
            self._learn(USERS, (value for value in loaded if isinstance(value, ObjectValue)))
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
        hooks = [value.name for value in called if isinstance(value, External)] if call.args else []
        registered = self.evaluate(call.args[0].value, scope) if hooks else NOTHING
        for name in hooks:
            for function in registered:
                self._give_to_hook(name, function)
        # All are found before one is given something: what the call gives one may change what it gives the next, and
        # *called* has another order in every run.
        receivers = [each for each in union(map(self._initialised, called)) if isinstance(each, FunctionValue)]
        for number, arg in enumerate(call.args if receivers else ()):
            where = arg.keyword.value if arg.keyword is not None else number
            values = self.evaluate(arg.value, scope)
            for receiver in receivers:
                self._give(receiver, where, values)

    def _initialised(self, called: Value) -> Values:
        """What gets the arguments of a call of *called*: of a class, its ``__init__``."""
        if isinstance(called, ClassValue):
            return self._class_member(called.cls, "__init__", bound=True)
        return frozenset({called})

    def _give_by_name(self, call: cst.Call, scope: Scope) -> None:
        """Give the request to all methods of the name, where nothing is known of the object that has it."""
        methods = self._methods.get(call.func.attr.value, ()) if isinstance(call.func, cst.Attribute) else ()
        for number, arg in enumerate(call.args if methods else ()):
            given = self.evaluate(arg.value, scope) & _REQUESTS
            for method in methods if given else ():
                bound = not is_staticmethod(method)
                where = arg.keyword.value if arg.keyword is not None else number
                self._give(FunctionValue(method, bound=bound), where, given)

    def _learn_class(self, cls: Class) -> None:
        self._learn_view_decorators(cls)
        above = self.external_bases(cls)
        if above & api.USERS:
            self._learn(USERS, {ObjectValue(cls)})
        if api.CLIENT in above:
            self._learn(CLIENTS, {ObjectValue(cls)})
        for base in self.bases(cls):
            self._learn(("subclasses", base), {ClassValue(cls)})

    def _learn_view_decorators(self, cls: Class) -> None:
        for binding in cls.scope.bound.get("decorators", ()):
            if isinstance(binding.expression, cst.List | cst.Tuple):
                for element in binding.expression.elements:
                    for value in self.evaluate(element.value, cls.scope):
                        if isinstance(value, FunctionValue):
                            self._give(value, 0, frozenset({VIEW}))

    def _fixtures(self, name: str) -> list[Function]:
        """The fixtures of that name, asked for as a fact is."""
        self._note_reader(("fixtures", name))
        return self.fixtures[name]


def _says_nothing(kind: Value) -> bool:
    return isinstance(kind, External) and kind.name.startswith(("typing.", "typing_extensions.", "object", "abc."))
