"""Functions that Quart learns of: views, what runs before and after them, streams, and factories of applications."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from . import quart_api as api
from .call_graph import CallGraph
from .inference import Inference
from .program import (
    Function,
    Instance,
    Module,
    Scope,
)
from .startup import find_startup


class Registration(CallGraph):
    """What of one project is registered with Quart."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self._hooks = set(self._find_registered())
        self.startup = find_startup(inference, self.is_factory)

    def is_hook(self, function: Function) -> bool:
        """Whether Quart calls it for a request: a view, or a function that runs before or after one."""
        return function in self._hooks

    def registers(self, module: Module, call: cst.Call) -> bool:
        """Whether Quart learns of a function by this call: by its name alone, if nothing is known of its owner."""
        return not isinstance(call.func, cst.Call) and self._is_hook(call.func, module.scopes[call])

    def is_factory(self, function: Function) -> bool:
        """Whether it makes the application, outside of tests."""
        if function.module.is_test or self.inference.is_fixture(function):
            return False
        return Instance(api.APP) in self.inference.facts["result", function]

    def is_context_manager(self, function: Function) -> bool:
        """Whether it is a generator that is entered with ``with``."""
        return self._decorated_by(function, "contextlib.contextmanager")

    def _find_registered(self) -> Iterator[Function]:
        """The functions with decorators by which Quart learns of them."""
        for module in self.inference.modules:
            for function in module.functions:
                if any(self._is_hook(decorator, function.outer) for decorator in function.decorators):
                    yield function

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

    def _decorated_by(self, function: Function, name: str) -> bool:
        return any(name in self.inference.externals(each, function.outer) for each in function.decorators)
