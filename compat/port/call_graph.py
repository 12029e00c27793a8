"""Which functions of a project are called where."""

from __future__ import annotations

from collections import defaultdict

import libcst as cst

from .families import Families
from .inference import Inference
from .program import (
    ClassValue,
    Function,
    FunctionValue,
    Module,
    ObjectValue,
    Values,
)


class CallGraph:
    """The calls of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._callers: dict[Function, list[tuple[Module, cst.Call]]] = defaultdict(list)
        self._targets: dict[cst.Call, set[Function]] = {}
        self._families = Families(inference)

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

    def _index_call(self, module: Module, call: cst.Call, values: Values) -> None:
        """Note that *call* runs *values*."""
        functions = {value.function for value in values if isinstance(value, FunctionValue)}
        self._targets[call] = functions
        for function in functions:
            self._callers[function].append((module, call))
