"""Which expressions are to be awaited, and which functions become async for it.

Every function that Quart calls for a request becomes async, whether it awaits or not: Flask answers a request
in one thread, and SQLite connections, scoped sessions and ``threading.local`` rely on it; Quart runs each sync
function in a thread of its own choice, and async ones all in one. Any other function becomes async only if
something in it is to be awaited.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from . import quart_api as api
from . import validators
from .families import Families
from .inference import VIEW, Inference
from .outside import calls_method
from .program import (
    Class,
    ClassValue,
    External,
    Function,
    FunctionValue,
    Instance,
    LambdaValue,
    Module,
    ObjectValue,
    Scope,
    Values,
    dotted_name,
)
from .startup import find_startup
from .validators import find_validators

#: What a form is called, where nothing else is known of it.
_FORM_NAME = re.compile(r"(^|_)form\d*$|Form\d*$", re.IGNORECASE)
#: These take a whole list as well as a generator.
_DRAIN = {"all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"}


@dataclass(frozen=True, eq=False)
class Obstacle:
    """Something to await where nothing can be awaited."""

    module: Module
    node: cst.CSTNode
    why: str
    do: str = ""


class Awaits:
    """What becomes async, found by going from what Quart awaits to the callers, and theirs."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.awaited: set[cst.CSTNode] = set()
        self.made_async: dict[Function, None] = {}
        self.entered: dict[cst.WithItem, None] = {}
        self.lists: set[cst.GeneratorExp] = set()
        self.forms: set[cst.Call] = set()
        self.streams: set[cst.Call] = set()
        self.obstacles: list[Obstacle] = []
        self._callers: dict[Function, list[tuple[Module, cst.Call]]] = defaultdict(list)
        self._targets: dict[cst.Call, set[Function]] = {}
        self._waiting: list[Function] = []
        self._lambdas: set[LambdaValue] = set()
        self.stay_sync: dict[Function, Function] = {}
        self.forcing: set[Function] = set()  # what became async, and made others so that it calls as well
        self._families = Families(inference)
        self._validators = find_validators(inference)
        self._mentioned = {attribute.attr.value for module in inference.modules for attribute in module.attributes}
        self._hooks = set(self._find_registered())
        self.startup = find_startup(inference, self.is_factory)
        for module in inference.modules:
            self._index_calls(module)
        for module in inference.modules:
            self._find_hooks(module)
        self._awaited_by_quart = set(self.made_async)
        for module in inference.modules:
            self._find_what_quart_awaits(module)
        while self._waiting:
            self._reach_callers(self._waiting.pop())
        for module in inference.modules:
            self._find_entered(module)
        while self._waiting:
            self._reach_callers(self._waiting.pop())

    def is_async(self, function: Function) -> bool:
        """Whether it is async after the port."""
        return function.is_async or function in self.made_async

    def is_hook(self, function: Function) -> bool:
        """Whether Quart calls it for a request: a view, or a function that runs before or after one."""
        return function in self._hooks

    def registers(self, module: Module, call: cst.Call) -> bool:
        """Whether Quart learns of a function by this call: by its name alone, if nothing is known of its owner."""
        return not isinstance(call.func, cst.Call) and self._is_hook(call.func, module.scopes[call])

    def is_looked_at(self, function: Function) -> bool:
        """Whether somebody asks if it is async before it is called: Quart, or pytest."""
        is_test = function.module.is_test and function.name.startswith(("test", "setUp", "tearDown"))
        return function in self._awaited_by_quart or is_test or self.inference.is_fixture(function)

    def is_turned(self, values: Values) -> bool:
        """Whether *values* may be a function that became async."""
        return any(isinstance(value, FunctionValue) and value.function in self.made_async for value in values)

    def has_async_call(self, values: Values) -> bool:
        """Whether *values* may be an object of the project whose ``__call__`` became async."""
        return self.is_turned(
            self.inference.called(frozenset(each for each in values if isinstance(each, ObjectValue)))
        )

    def targets(self, call: cst.Call) -> set[Function]:
        """The functions of the project that *call* may call."""
        return self._targets.get(call, set())

    def callers(self, function: Function) -> list[tuple[Module, cst.Call]]:
        """The calls that may call *function*, with their modules."""
        return self._callers.get(function, [])

    def stand_ins(self, function: Function) -> set[Function]:
        """The methods that a call of *function* may run instead."""
        return self._families.of(function)

    def initialised(self, module: Module, call: cst.Call) -> set[Function]:
        """The functions of the project that get the arguments of *call*: of a class, its ``__init__``."""
        functions = set(self.targets(call))
        for value in self.inference.evaluate(call.func, module.scopes[call]):
            if isinstance(value, ClassValue):
                found = self.inference.member(ObjectValue(value.cls), "__init__")
                functions |= {each.function for each in found if isinstance(each, FunctionValue)}
        return functions

    def is_context_manager(self, function: Function) -> bool:
        """Whether it is a generator that is entered with ``with``."""
        return self._decorated_by(function, "contextlib.contextmanager")

    def _index_calls(self, module: Module) -> None:
        for call in module.calls:
            values = self.inference.called(self.inference.evaluate(call.func, module.scopes[call]))
            functions = {value.function for value in values if isinstance(value, FunctionValue)}
            self._targets[call] = functions
            for function in functions:
                self._callers[function].append((module, call))
            if VIEW in values:
                self._require(module, call)
            if self._makes_form(values) and not _is_create_form(module.scopes[call].owner):
                self.forms.add(call)

    def _makes_form(self, values: Values) -> bool:
        classes = {value.cls for value in values if isinstance(value, ClassValue)}
        return any(api.FORM in self.inference.external_bases(cls) for cls in classes)

    def _find_registered(self) -> Iterator[Function]:
        """The functions with decorators by which Quart learns of them."""
        for module in self.inference.modules:
            for function in module.functions:
                if any(self._is_hook(decorator, function.outer) for decorator in function.decorators):
                    yield function

    def _find_hooks(self, module: Module) -> None:
        for function in module.functions:
            if self.is_hook(function):
                self._colour(function)
        for call in module.calls:
            if self.registers(module, call):
                self._colour_registered(module, call)
        for target, value in module.assigned_attributes:
            if target.attr.value in api.AWAITED_CALLBACKS:
                for each in self.inference.evaluate(value, module.scopes[target]):
                    if isinstance(each, FunctionValue):
                        self._colour(each.function)
        for cls in module.classes:
            self._colour_views(cls)

    def _colour_registered(self, module: Module, call: cst.Call) -> None:
        """Functions that are given to the application in a call: ``app.before_request(connect)``."""
        scope = module.scopes[call]
        for arg in call.args:
            for value in self.inference.evaluate(arg.value, scope):
                if isinstance(value, FunctionValue):
                    self._colour(value.function)
            if isinstance(arg.value, cst.Call) and self._is_stream(call, scope):
                self.streams.add(call)
                for function in self.targets(arg.value):
                    self._colour(function)

    def _colour_views(self, cls: Class) -> None:
        """Methods that class-based views, and sessions of the application's own, are called by."""
        names: set[str] = set()
        for base in self.inference.external_bases(cls):
            names |= api.AWAITED_METHODS.get(base, set())
        for name in names:
            for binding in cls.scope.bound.get(name, ()):
                if isinstance(binding.value, FunctionValue):
                    self._colour(binding.value.function)

    def _is_hook(self, decorator: cst.BaseExpression, scope: Scope) -> bool:
        if self.inference.externals(decorator, scope) & api.HOOKS:
            return True
        name = decorator.func if isinstance(decorator, cst.Call) else decorator
        return (
            isinstance(name, cst.Attribute)
            and name.attr.value in api.UNMISTAKABLE_HOOKS
            and not self.inference.evaluate(name.value, scope)
        )

    def _is_stream(self, call: cst.Call, scope: Scope) -> bool:
        return "quart.stream_with_context" in self.inference.externals(call.func, scope)

    def _find_what_quart_awaits(self, module: Module) -> None:
        for attribute in module.attributes:
            if not _is_target(module, attribute):
                owners = self.inference.evaluate(attribute.value, module.scopes[attribute])
                kinds = {f"{value.kind}.{attribute.attr.value}" for value in owners if isinstance(value, Instance)}
                if kinds & (api.AWAITED_ATTRIBUTES | {f"{api.RESPONSE}.text"}):
                    self._require(module, attribute)
        for call in module.calls:
            values = self.inference.evaluate(call.func, module.scopes[call])
            if (
                {value.name for value in values if isinstance(value, External)} & api.AWAITED_CALLS
                or call in self.forms
                or self._is_unmistakable(module, call)
            ):
                self._require(module, call)

    def _is_unmistakable(self, module: Module, call: cst.Call) -> bool:
        """Whether it is a call that only a form or a request has, on an object of which nothing is known."""
        if not isinstance(call.func, cst.Attribute) or self.targets(call):
            return False
        owner, name = call.func.value, call.func.attr.value
        if name in api.UNMISTAKABLE_CALLS:
            return True
        last = dotted_name(owner).rpartition(".")[2]
        is_form = name == "validate" and bool(_FORM_NAME.search(last))
        return is_form and not self.inference.evaluate(owner, module.scopes[call])

    def _find_entered(self, module: Module) -> None:
        for statement in module.withs:
            if statement.asynchronous is not None or statement in self.startup:
                continue
            for item in statement.items:
                if self._is_entered_async(module, item):
                    why = self._obstacle(module, statement)
                    if why is None:
                        self.entered[item] = None
                        self._colour_owner(module, statement)
                    else:
                        self.obstacles.append(Obstacle(module, item.item, why))

    def _is_entered_async(self, module: Module, item: cst.WithItem) -> bool:
        values = self.inference.evaluate(item.item, module.scopes[item])
        if any(isinstance(value, Instance) and value.kind in api.ASYNC_CONTEXTS for value in values):
            makers = self.targets(item.item) if isinstance(item.item, cst.Call) else set()
            return not any(function.is_generator for function in makers)
        return False

    def _reach_callers(self, function: Function) -> None:
        for module, call in self._callers[function]:
            around = module.parent(call)
            if function.is_generator:
                if isinstance(around, cst.WithItem):
                    statement = module.parent(around)
                    why = self._obstacle(module, call)
                    if isinstance(statement, cst.With) and statement.asynchronous is None and why is None:
                        self.entered[around] = None
                        self._colour_owner(module, call)
                    elif why is not None:
                        self.obstacles.append(Obstacle(module, call, why))
                continue
            owner = module.scopes[call].owner
            if isinstance(owner, Function) and owner in self.inference.passing:
                continue
            self._require(module, call)
            for alternative in self.targets(call):
                if isinstance(owner, Function) and not self.is_async(alternative):
                    self.forcing.add(owner)
                self._colour(alternative)
                if not self.is_async(alternative):
                    self.stay_sync.setdefault(alternative, function)
            self._refuse_lambdas(module, call)

    def _refuse_lambdas(self, module: Module, call: cst.Call) -> None:
        """What *call*, which is awaited, may call as well: lambdas that give what cannot be awaited."""
        for value in self.inference.evaluate(call.func, module.scopes[call]):
            if isinstance(value, LambdaValue) and value not in self._lambdas:
                self._lambdas.add(value)
                if not (
                    isinstance(value.node.body, cst.Call) and any(map(self.is_async, self.targets(value.node.body)))
                ):
                    why, do = "a lambda gives nothing that can be awaited", "Write it as an `async def` function"
                    self.obstacles.append(Obstacle(value.module, value.node, why, do))

    def _require(self, module: Module, node: cst.CSTNode) -> None:
        around = module.parent(node)
        if isinstance(around, cst.Await) or node in self.awaited or self._is_scheduled(module, node):
            return
        why = self._obstacle(module, node)
        if why is not None:
            owner = module.scopes[node].owner
            self.obstacles.append(Obstacle(module, node, why, validators.DO if owner in self._validators else ""))
            return
        self.awaited.add(node)
        if node in module.generators:
            self.lists.add(module.generators[node])
        self._colour_owner(module, node)

    def _is_scheduled(self, module: Module, node: cst.CSTNode) -> bool:
        """Whether a coroutine is what is wanted: ``asyncio.gather(f())``."""
        arg = module.parent(node)
        call = module.parent(arg) if isinstance(arg, cst.Arg) else None
        if not isinstance(call, cst.Call):
            return False
        return any(name.startswith("asyncio.") for name in self.inference.externals(call.func, module.scopes[call]))

    def _is_startup(self, module: Module, node: cst.CSTNode) -> bool:
        """Whether it goes into a ``before_serving`` function."""
        return bool(self.startup) and any(around in self.startup for around in module.ancestors(node))

    def _colour_owner(self, module: Module, node: cst.CSTNode) -> None:
        owner = module.scopes[node].owner
        if isinstance(owner, Function) and not self._is_startup(module, node):
            self._colour(owner)

    def _colour(self, function: Function) -> None:
        if self.is_async(function) or self._cannot_be_async(function) is not None:
            return
        self.made_async[function] = None
        self._waiting.append(function)
        for other in self._families.of(function):
            self._colour(other)
            if not self.is_async(other):
                self.stay_sync[other] = function

    # Where nothing can be awaited

    def _obstacle(self, module: Module, node: cst.CSTNode) -> str | None:
        scope = module.scopes[node]
        if scope.is_lambda:
            return "a lambda cannot await"
        is_startup = self._is_startup(module, node)
        if not isinstance(scope.owner, Function) and not is_startup:
            return "only a function can await"
        generator = module.generators.get(node)
        if generator is not None and not self._drains(module, generator):
            return "a generator expression that awaits is another kind of object, an async generator"
        if is_startup or not isinstance(scope.owner, Function) or scope.owner.is_async:
            return None
        return self._cannot_be_async(scope.owner)

    def _drains(self, module: Module, generator: cst.GeneratorExp) -> bool:
        arg = module.parent(generator)
        call = module.parent(arg) if isinstance(arg, cst.Arg) else None
        if not isinstance(call, cst.Call):
            return False
        if isinstance(call.func, cst.Attribute):
            return call.func.attr.value == "join"
        return dotted_name(call.func) in _DRAIN

    def _cannot_be_async(self, function: Function) -> str | None:
        name = function.name
        if name.startswith("__") and name.endswith("__") and name != "__call__":
            return f"Python calls `{name}` synchronously"
        if function.cls is not None and name in ("setUpClass", "tearDownClass"):
            return f"unittest calls `{name}` synchronously"
        why = self._belongs_to_others(function)
        if why is not None:
            return why
        if function in self._validators and self.awaited_validator(function) is None:
            return validators.WHY
        if function.is_generator and not self._may_generate(function):
            return f"`{name}` is a generator, which those who iterate over it would have to do with `async for`"
        if self.is_factory(function):
            return f"`{name}` makes the application, and is called synchronously"
        if not self.is_hook(function) and self._is_called_synchronously(function, frozenset()):
            return f"`{name}` is called only where nothing can be awaited"
        return None

    def awaited_validator(self, function: Function) -> str | None:
        """The name under which quart-wtforms awaits a form's ``validate_<field>``, if nothing calls it by its own."""
        if function.name in self._mentioned or not validators.is_inline(self.inference, function):
            return None
        is_quarts = function.cls is not None and api.FORM in self.inference.external_bases(function.cls)
        return validators.awaited_name(function) if is_quarts else None

    def _belongs_to_others(self, function: Function) -> str | None:
        """Why a base class or a decorator needs it as it is; None if none does."""
        name = function.name
        for base in self.inference.external_bases(function.cls) if function.cls is not None else ():
            if calls_method(base, name):
                return f"`{base}` calls `{name}` synchronously"
        for decorator in function.decorators:
            for known in self.inference.externals(decorator, function.outer):
                if known in api.SYNC_ONLY:
                    return f"`{name}` stays sync: {api.SYNC_ONLY[known]}"
            if isinstance(decorator, cst.Attribute) and decorator.attr.value in ("setter", "getter", "deleter"):
                return f"`{name}` stays sync: it is a property"
        return None

    def _may_generate(self, function: Function) -> bool:
        if self.inference.is_fixture(function) or self.is_context_manager(function):
            return True
        if self._decorated_by(function, "quart.stream_with_context"):
            return True
        callers = self._callers[function]
        return bool(callers) and all(self._is_streamed(module, call) for module, call in callers)

    def _is_streamed(self, module: Module, call: cst.Call) -> bool:
        arg = module.parent(call)
        around = module.parent(arg) if isinstance(arg, cst.Arg) else None
        return isinstance(around, cst.Call) and self._is_stream(around, module.scopes[around])

    def is_factory(self, function: Function) -> bool:
        """Whether it makes the application, outside of tests."""
        if function.module.is_test or self.inference.is_fixture(function):
            return False
        return Instance(api.APP) in self.inference.facts["result", function]

    def _is_called_synchronously(self, function: Function, seen: frozenset[Function]) -> bool:
        """Whether every call of it stands at the top of a module or in an application factory."""
        callers = self._callers[function]
        if any(self._is_startup(module, call) for module, call in callers):
            return False
        owners = [module.scopes[call].owner for module, call in callers]
        return bool(owners) and all(self._is_sync_place(owner, seen | {function}) for owner in owners)

    def _is_sync_place(self, owner: Function | Class | None, seen: frozenset[Function]) -> bool:
        if not isinstance(owner, Function):
            return True
        if owner in seen or self.is_hook(owner):
            return False
        return self.is_factory(owner) or self._is_called_synchronously(owner, seen)

    def _decorated_by(self, function: Function, name: str) -> bool:
        return any(name in self.inference.externals(each, function.outer) for each in function.decorators)


def _is_create_form(owner: Function | Class | None) -> bool:
    """Whether it is where a form is made in the end: a ``create_form`` of the project's own."""
    return isinstance(owner, Function) and owner.name == "create_form"


def _is_target(module: Module, node: cst.BaseExpression) -> bool:
    around = module.parent(node)
    return isinstance(around, cst.AssignTarget | cst.Del) or (
        isinstance(around, cst.AnnAssign) and around.target is node
    )
