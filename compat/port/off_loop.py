"""Functions that run outside of the event loop: what blocks there holds up no request.

These are commands, what threads and processes run, and jobs of a worker; and what only such functions call, by its own
name or by that of a method of an unknown object. Whatever is passed to another function, or is called by another one,
may run on the loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .program import Class, External, Function, Module, dotted_name

#: Packages whose workers call functions, in processes of their own.
WORKERS = ("celery", "rq.", "flask_rq", "huey", "dramatiq", "apscheduler")
IN_A_WORKER = "A worker does not await it: keep it sync, with `asyncio.run(...)` around what has to be awaited"
#: The base classes of commands of setuptools.
_COMMANDS = {"setuptools.Command", "distutils.cmd.Command", "distutils.core.Command"}
#: Classes whose ``run`` is called in a thread or process, and classes of commands.
_RUNNING = {"threading.Thread", "multiprocessing.Process", *_COMMANDS}

#: Decorators that do not change where a method is called from.
_PLAIN = {"staticmethod", "classmethod", "abstractmethod", "abc.abstractmethod"}


class OffLoop:
    """The functions of a project that run outside of the event loop."""

    def __init__(self, awaits: Awaits) -> None:
        self._awaits = awaits
        self._inference = awaits.inference
        self._calls: dict[str, list[tuple[Module, cst.Call]]] = defaultdict(list)
        self._given: set[str] = set()
        self._given_methods: set[str] = set()
        for module in self._inference.modules:
            self._note_uses(module)
        functions = [function for module in self._inference.modules for function in module.functions]
        self.functions = {each for each in functions if self._is_started_elsewhere(each)}
        callers = {each: self._callers(each) for each in functions if self._may_be_off(each)}
        while found := {each for each in callers.keys() - self.functions if callers[each] <= self.functions}:
            self.functions |= found

    def is_command(self, cls: Class) -> bool:
        """Whether it is a command of setuptools."""
        return not self._inference.external_bases(cls).isdisjoint(_COMMANDS)

    def _note_uses(self, module: Module) -> None:
        """Note what is called by which name, and which names are given away instead."""
        called = {call.func for call in module.calls}
        for call in module.calls:
            self._calls[dotted_name(call.func).rpartition(".")[2] or _last(call.func)].append((module, call))
        attributes = {each.attr.value for each in module.attributes if each not in called}
        loads = [load for load in module.loads if load not in called]
        self._given |= attributes | {load.value for load in loads}
        self._given_methods |= attributes | {each.value for each in loads if module.scopes[each].is_class}
        for node in module.imports:
            if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
                self._given |= {dotted_name(alias.name) for alias in node.names if alias.asname is not None}

    def _is_started_elsewhere(self, function: Function) -> bool:
        """Whether a command line, a thread, a process or a worker begins with it."""
        if function.cls is not None:
            bases = self._inference.external_bases(function.cls)
            return function.name == "run" and not bases.isdisjoint(_RUNNING)
        for decorator in function.decorators:
            names = self._inference.externals(decorator, function.outer)
            if names and all(name.startswith("click.") or name in api.COMMANDS for name in names):
                return True
        return self._is_job(function)

    def _is_job(self, function: Function) -> bool:
        """Whether nobody uses it in a module that asks for a worker's package: a worker finds it by a string."""
        if function.decorators or function.outer is not function.module.scope or function.name in self._given:
            return False
        imports = (
            f"{binding.dotted}."
            for bindings in function.module.scope.bound.values()
            for binding in bindings
            if binding.dotted is not None
        )
        is_called = self._calls[function.name] or self._awaits.callers(function)
        return not is_called and any(name.startswith(WORKERS) for name in imports)

    def _may_be_off(self, function: Function) -> bool:
        """Whether those who call it are known, and it is called at all."""
        if function.is_async or function.name.startswith("__"):
            return False
        if function.name in (self._given if function.cls is None else self._given_methods):
            return False
        if any(dotted_name(each) not in _PLAIN for each in function.decorators):
            return False
        if self._awaits.is_hook(function) or self._awaits.is_looked_at(function):
            return False
        if function.cls is not None:
            if set(self._inference.lost_bases(function.cls)):
                return False
            if self._inference.external_bases(function.cls) - {"object", "abc.ABC"}:
                return False
        return bool(self._callers(function))

    def _callers(self, function: Function) -> set[Function | Class | None]:
        """Where it is called, or may be: by calls of its name whose object is unknown."""
        return {module.scopes[call].owner for module, call in self._possible(function) if not module.is_of_tests}

    def _possible(self, function: Function) -> Iterator[tuple[Module, cst.Call]]:
        for each in (function, *self._awaits.stand_ins(function)):
            yield from self._awaits.callers(each)
        for module, call in self._calls[function.name]:
            values = self._inference.evaluate(call.func, module.scopes[call])
            if all(isinstance(value, External) and "()" in value.name for value in values):
                yield module, call


def _last(node: cst.BaseExpression) -> str:
    """The name of the attribute, whatever the object."""
    return node.attr.value if isinstance(node, cst.Attribute) else ""
