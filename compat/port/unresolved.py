"""Finds calls on objects of unknown type that may be calls of a method that became async."""

from __future__ import annotations

import builtins
import re
import sys
from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .findings import Complaint, todo
from .off_loop import OffLoop
from .program import ClassValue, External, Function, Module, ObjectValue, dotted_name
from .silence import is_silent, is_tested

#: Methods that many types have: such a name does not tell the type of the object.
_COMMON = {*dir(dict), *dir(list), *dir(set), *dir(str), *dir(bytes), *api.VERBS}
#: Standard modules and built-in functions that may return an object they were given.
_GIVES_ANYTHING = {"contextvars", "copy", "functools", "max", "min", "next", "pickle", "random", "typing", "weakref"}
_GIVES_TEMPLATES = re.compile(r"\.(get_template|from_string|select_template|get_or_select_template)\(\)")
#: Functions of Tornado that return its event loop.
_GIVES_LOOPS = re.compile(r"tornado\.ioloop\.IOLoop\.(current|instance)\(\)")


class Unresolved:
    """Reports such calls, for a whole project."""

    def __init__(self, awaits: Awaits, off_loop: OffLoop) -> None:
        self._inference = awaits.inference
        self._off_loop = off_loop
        self._methods: dict[str, list[Function]] = defaultdict(list)  # those of base classes first
        for function in sorted(awaits.made_async, key=lambda each: (self._depth(each), each)):
            if function.cls is not None and function.name not in _COMMON and not function.module.is_of_tests:
                self._methods[function.name].append(function)

    def _depth(self, function: Function) -> int:
        """How many classes of the project its class comes from."""
        return len(self._inference.ancestors(function.cls)) if function.cls is not None else 0

    def find(self, module: Module) -> Iterator[Complaint]:
        """Calls by the name of a method that became async, on objects of unknown type."""
        for call in module.calls:
            if isinstance(module.parent(call), cst.Await) or not self._is_unknown(module, call.func):
                continue
            if self._is_of_a_command(module, call):
                continue
            method = self._possible_method(module, call)
            if method is not None and method.cls is not None:
                what = module.code(call.func)
                why = f"it may be `{method.cls.node.name.value}.{method.name}`, which is async now"
                yield todo(call, what, why, "Await it if it is that method", raises=is_silent(module, call))

    def _is_of_a_command(self, module: Module, call: cst.Call) -> bool:
        """Whether the call is in a command of setuptools, on an object that another package returned."""
        owner = module.scopes[call].owner
        if not isinstance(owner, Function) or owner.cls is None or not isinstance(call.func, cst.Attribute):
            return False
        given = self._inference.evaluate(call.func.value, module.scopes[call])
        return bool(given) and self._off_loop.is_command(owner.cls)

    def _is_unknown(self, module: Module, node: cst.BaseExpression) -> bool:
        """Whether the type is unknown, or all that is known is the call of another package that returned the object.

        Such an object may be of a class of this project.
        """
        values = self._inference.evaluate(node, module.scopes[node])
        return all(isinstance(value, External) and _may_be_ours(value.name) for value in values)

    def _possible_method(self, module: Module, call: cst.Call) -> Function | None:
        """A method that became async and that *call* may call, by its name or by a computed name.

        Of several it is one of the same file, or else one whose class comes from the fewest classes of the project.
        """
        match call.func:
            case cst.Attribute(attr=cst.Name(value=name)):
                fitting = (each for each in self._methods.get(name, ()) if _fits(each, call))
                return min(fitting, key=lambda method: method.module is not module, default=None)
            case cst.Call(func=cst.Name(value="getattr"), args=[cst.Arg(value=owner), *_]):
                owners = self._inference.evaluate(owner, module.scopes[call])
                if not owners and is_tested(module, call):
                    return next((each for methods in self._methods.values() for each in methods), None)
                own = {value.cls for value in owners if isinstance(value, ObjectValue | ClassValue)}
                return next((each for methods in self._methods.values() for each in methods if each.cls in own), None)
        return None


def _may_be_ours(name: str) -> bool:
    """Whether *name*, of another package, may stand for an object of this project; templates and loops do not."""
    if "()" not in name or _GIVES_TEMPLATES.search(name) or _GIVES_LOOPS.search(name):
        return name.startswith("compat.current_user.")
    root = name.partition(".")[0].partition("(")[0]
    is_builtin = root in sys.stdlib_module_names or hasattr(builtins, root)
    return root in _GIVES_ANYTHING if is_builtin else True


def _fits(method: Function, call: cst.Call) -> bool:
    """Whether *method* takes as many arguments as the *call* has."""
    params = method.node.params
    given = [arg for arg in call.args if not arg.star]
    if len(given) != len(call.args) or params.star_kwarg is not None or isinstance(params.star_arg, cst.Param):
        return True
    names = [param.name.value for param in method.parameters][1:]
    needed = [param.name.value for param in method.parameters if param.default is None][1:]
    named = {dotted_name(arg.keyword) for arg in given if arg.keyword is not None}
    return len(given) <= len(names) and named <= {*names} and len(given) >= len(needed)
