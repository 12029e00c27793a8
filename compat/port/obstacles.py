"""Where nothing can be awaited, and which functions cannot become async."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from . import quart_api as api
from . import validators
from .inference import Inference
from .outside import calls_method
from .program import (
    Class,
    Function,
    Module,
    dotted_name,
)
from .quart_awaits import QuartAwaits
from .validators import find_validators

#: Functions that take a list as well as a generator, with the same result.
_DRAIN = {"all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"}


@dataclass(frozen=True, eq=False)
class Obstacle:
    """Something to await where nothing can be awaited."""

    module: Module
    node: cst.CSTNode
    why: str
    do: str = ""


class Obstacles(QuartAwaits):
    """Knows where a project cannot await, and which of its functions cannot become async."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self._validators = find_validators(inference)
        self._mentioned = {attribute.attr.value for module in inference.modules for attribute in module.attributes}

    def awaited_validator(self, function: Function) -> str | None:
        """The name under which quart-wtforms awaits a form's ``validate_<field>``, if nothing calls it by its own."""
        if function.name in self._mentioned or not validators.is_inline(self.inference, function):
            return None
        is_quarts = function.cls is not None and api.FORM in self.inference.external_bases(function.cls)
        return validators.awaited_name(function) if is_quarts else None

    def _is_startup(self, module: Module, node: cst.CSTNode) -> bool:
        """Whether it goes into a ``before_serving`` function."""
        return bool(self.startup) and any(around in self.startup for around in module.ancestors(node))

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
            return f"`{name}` is a generator: if it were async, its callers would need `async for`"
        if self.is_factory(function):
            return f"`{name}` makes the application, and is called synchronously"
        if not self.is_hook(function) and self._is_called_synchronously(function, frozenset()):
            return f"`{name}` is called only where nothing can be awaited"
        return None

    def _belongs_to_others(self, function: Function) -> str | None:
        """Why a base class or a decorator needs it as it is; None if none does."""
        name = function.name
        for base in sorted(self.inference.external_bases(function.cls)) if function.cls is not None else ():
            if calls_method(base, name):
                return f"`{base}` calls `{name}` synchronously"
        for decorator in function.decorators:
            for known in sorted(self.inference.externals(decorator, function.outer)):
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
