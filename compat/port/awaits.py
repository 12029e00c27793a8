"""Which expressions are to be awaited, and which functions become async for it.

Every function that Quart calls for a request becomes async, whether it awaits or not: Flask answers a request
in one thread, and SQLite connections, scoped sessions and ``threading.local`` rely on it; Quart runs each sync
function in a thread of its own choice, and async ones all in one. Any other function becomes async only if
something in it is to be awaited.
"""

from __future__ import annotations

import libcst as cst

from . import quart_api as api
from . import validators
from .inference import VIEW, Inference
from .obstacles import Obstacle, Obstacles
from .program import (
    Class,
    Function,
    FunctionValue,
    LambdaValue,
    Module,
    ObjectValue,
    Values,
    functions_in_order,
)


class Awaits(Obstacles):
    """What becomes async, found by going from what Quart awaits to the callers, and theirs."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self.awaited: set[cst.CSTNode] = set()
        self.made_async: dict[Function, None] = {}
        self.entered: dict[cst.WithItem, None] = {}
        self.lists: set[cst.GeneratorExp] = set()
        self.streams: set[cst.Call] = set()
        self.obstacles: list[Obstacle] = []
        self._waiting: list[Function] = []
        self._lambdas: set[LambdaValue] = set()
        self._overrides: dict[Function, Function] = {}
        self._alternatives: dict[Function, Function] = {}
        self.forcing: set[Function] = set()  # what became async, and made others so that it calls as well
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
        self._refuse_lambdas()

    def is_async(self, function: Function) -> bool:
        """Whether it is async after the port."""
        return function.is_async or function in self.made_async

    def is_looked_at(self, function: Function) -> bool:
        """Whether somebody asks if it is async before it is called: Quart, or pytest."""
        is_test = function.module.is_test and function.name.startswith(("test", "setUp", "tearDown"))
        return function in self._awaited_by_quart or is_test or self.inference.is_fixture(function)

    @property
    def stay_sync(self) -> dict[Function, Function]:
        """What has to stay sync, and a function that became async, in whose place it is called.

        That is one that it overrides, or that overrides it; or else one that some call may run as well.
        """
        return self._alternatives | self._overrides

    def is_turned(self, values: Values) -> bool:
        """Whether *values* may be a function that became async."""
        return any(isinstance(value, FunctionValue) and value.function in self.made_async for value in values)

    def has_async_call(self, values: Values) -> bool:
        """Whether *values* may be an object of the project whose ``__call__`` became async."""
        return self.is_turned(
            self.inference.called(frozenset(each for each in values if isinstance(each, ObjectValue)))
        )

    def _index_calls(self, module: Module) -> None:
        for call in module.calls:
            values = self.inference.called(self.inference.evaluate(call.func, module.scopes[call]))
            self._index_call(module, call, values)
            if VIEW in values:
                self._require(module, call)
            if self._makes_form(values) and not _is_create_form(module.scopes[call].owner):
                self.forms.add(call)

    def _find_hooks(self, module: Module) -> None:
        for function in module.functions:
            if self.is_hook(function):
                self._colour(function)
        for call in module.calls:
            if self.registers(module, call):
                self._colour_registered(module, call)
        for target, value in module.assigned_attributes:
            if target.attr.value in api.AWAITED_CALLBACKS:
                for function in functions_in_order(self.inference.evaluate(value, module.scopes[target])):
                    self._colour(function)
        for cls in module.classes:
            self._colour_views(cls)

    def _colour_registered(self, module: Module, call: cst.Call) -> None:
        """Functions that are given to the application in a call: ``app.before_request(connect)``."""
        scope = module.scopes[call]
        for arg in call.args:
            for function in functions_in_order(self.inference.evaluate(arg.value, scope)):
                self._colour(function)
            if isinstance(arg.value, cst.Call) and self._is_stream(call, scope):
                self.streams.add(call)
                for function in sorted(self.targets(arg.value)):
                    self._colour(function)

    def _colour_views(self, cls: Class) -> None:
        """Methods that class-based views, and sessions of the application's own, are called by."""
        names: set[str] = set()
        for base in self.inference.external_bases(cls):
            names |= api.AWAITED_METHODS.get(base, set())
        for name in sorted(names):
            for binding in cls.scope.bound.get(name, ()):
                if isinstance(binding.value, FunctionValue):
                    self._colour(binding.value.function)

    def _find_what_quart_awaits(self, module: Module) -> None:
        for attribute in module.attributes:
            if self._is_awaited_attribute(module, attribute):
                self._require(module, attribute)
        for call in module.calls:
            if self._is_awaited_call(module, call):
                self._require(module, call)

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
            for alternative in sorted(self.targets(call)):
                if isinstance(owner, Function) and not self.is_async(alternative):
                    self.forcing.add(owner)
                self._colour(alternative)
                self._note_in_place_of(alternative, function, self._alternatives)
            values = self.inference.evaluate(call.func, module.scopes[call])
            self._lambdas |= {value for value in values if isinstance(value, LambdaValue)}

    def _refuse_lambdas(self) -> None:
        """Lambdas that awaited calls may call as well, and that give what cannot be awaited.

        Only when all functions are known that became async, it is known what a lambda gives that calls one.
        """
        for value in self._lambdas:
            body = value.node.body
            if not (isinstance(body, cst.Call) and any(map(self.is_async, self.targets(body)))):
                why, do = "this lambda returns nothing that can be awaited", "Write it as an `async def` function"
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

    def _colour_owner(self, module: Module, node: cst.CSTNode) -> None:
        owner = module.scopes[node].owner
        if isinstance(owner, Function) and not self._is_startup(module, node):
            self._colour(owner)

    def _colour(self, function: Function) -> None:
        if self.is_async(function) or self._cannot_be_async(function) is not None:
            return
        self.made_async[function] = None
        self._waiting.append(function)
        for other in sorted(self._families.of(function)):
            self._colour(other)
            self._note_in_place_of(other, function, self._overrides)

    def _note_in_place_of(self, function: Function, turned: Function, named: dict[Function, Function]) -> None:
        """Note in *named* that *function* is called in place of *turned*, which became async, if it has to stay sync.

        Of several that became async, the first of the program is named.
        """
        if not self.is_async(function):
            named[function] = min(turned, named.get(function, turned))


def _is_create_form(owner: Function | Class | None) -> bool:
    """Whether it is where a form is made in the end: a ``create_form`` of the project's own."""
    return isinstance(owner, Function) and owner.name == "create_form"
