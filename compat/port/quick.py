"""Functions that take no time, as far as their calls show, and so do not block the event loop.

Whatever is not known to take no time may take long. How much a function computes is not looked at.
"""

from __future__ import annotations

import re
from collections import defaultdict

import libcst as cst

from .awaits import Awaits
from .program import Class, ClassValue, External, Function, FunctionValue, Instance, Module, ObjectValue, Value

_BUILTINS = (
    *("abs", "all", "any", "bool", "bytes", "chr", "dict", "divmod", "enumerate", "filter", "float", "format"),
    *("frozenset", "getattr", "hasattr", "hash", "hex", "int", "isinstance", "issubclass", "iter", "len", "list"),
    *("map", "max", "min", "next", "ord", "print", "range", "repr", "reversed", "round", "set", "slice", "sorted"),
    *("str", "sum", "super", "tuple", "type", "zip"),
    *("Exception", "KeyError", "RuntimeError", "TypeError", "ValueError"),
)
_MODULES = (
    *("collections", "copy", "datetime", "decimal", "enum", "functools", "html", "itertools", "json", "logging"),
    *("math", "operator", "random", "re", "secrets", "statistics", "string", "textwrap", "typing", "unicodedata"),
    *("urllib.parse", "uuid"),
)
_EXACT = {
    *("quart.abort", "quart.flash", "quart.redirect", "quart.url_for", "time.monotonic", "time.strftime", "time.time"),
    *("compat.current_user.get_id", "compat.current_user._get_current_object"),
    *(f"compat.{name}" for name in ("confirm_login", "login_fresh", "login_url", "login_user", "logout_user")),
}
#: Dash, with its components and those of others, which are objects and no more.
_COMPONENT = re.compile(r"dash(_\w+)?\.(\w+\.)*[A-Z]\w*")
_OF_DASH = (
    *("dash.callback", "dash.clientside_callback", "dash.ctx.", "dash.get_", "dash.page_registry.", "dash.set_props"),
)
_KNOWN = re.compile(
    rf"({'|'.join(_BUILTINS)})(\(\).*)?|({'|'.join(map(re.escape, _MODULES))})\..*|quart\.session\..*|dict\..*"
)
#: Methods of what JSON is made of, by which objects of unknown kind are taken for it.
_OF_VALUES = {*dir(dict), *dir(list), *dir(set), *dir(str), *dir(bytes), "isoformat"}
#: Bases whose ``__init__`` does nothing.
_PLAIN_BASES = {"object", "compat.UserMixin", "compat.AnonymousUserMixin", "abc.ABC", "typing.NamedTuple"}
_PLAIN_DECORATORS = ("property", "staticmethod", "classmethod", "dash.", "functools.", "compat.")


class Quick:
    """The functions of a project that call only what takes no time."""

    def __init__(self, awaits: Awaits) -> None:
        self._awaits = awaits
        self._inference = awaits.inference
        self._calls: dict[Function | Class | None, list[tuple[Module, cst.Call]]] = defaultdict(list)
        self._attributes: dict[Function | Class | None, list[tuple[Module, cst.Attribute]]] = defaultdict(list)
        self._loads: dict[Function | Class | None, list[tuple[Module, cst.Name]]] = defaultdict(list)
        for module in self._inference.modules:
            for call in module.calls:
                self._calls[module.scopes[call].owner].append((module, call))
            for attribute in module.attributes:
                self._attributes[module.scopes[attribute].owner].append((module, attribute))
            for load in module.loads:
                self._loads[module.scopes[load].owner].append((module, load))

    def is_quick(self, function: Function) -> bool:
        """Whether *function*, and what it calls of the project, calls only what is known to take no time."""
        seen: set[Function] = set()
        waiting = [function]
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            if not self._is_plain(each) or not all(self._takes_no_time(*call) for call in self._calls[each]):
                return False
            waiting += self._below(each)
        return True

    def reads(self, function: Function, name: str) -> bool:
        """Whether *function* itself reads what was imported by the dotted *name*."""
        return any(
            External(name) in self._inference.evaluate(load, module.scopes[load])
            for module, load in self._loads[function]
        )

    def _is_plain(self, function: Function) -> bool:
        """Whether the decorators above it are known to run nothing else."""
        for decorator in function.decorators:
            names = self._inference.externals(decorator, function.outer)
            if not names or not all(name.startswith(_PLAIN_DECORATORS) for name in names):
                return False
        return True

    def _below(self, function: Function) -> set[Function]:
        """The functions of the project that it calls, gives to others, or runs by reading a property."""
        below: set[Function] = set()
        for module, call in self._calls[function]:
            below |= self._awaits.initialised(module, call)
        for module, load in self._loads[function]:
            values = self._inference.evaluate(load, module.scopes[load])
            below |= {value.function for value in values if isinstance(value, FunctionValue)}
        for module, attribute in self._attributes[function]:
            for owner in self._inference.evaluate(attribute.value, module.scopes[attribute]):
                if isinstance(owner, ObjectValue):
                    found = self._inference.member(owner, attribute.attr.value)
                    below |= {value.function for value in found if isinstance(value, FunctionValue)}
        return below

    def _takes_no_time(self, module: Module, call: cst.Call) -> bool:
        values = self._inference.evaluate(call.func, module.scopes[call])
        if not values:
            return isinstance(call.func, cst.Attribute) and call.func.attr.value in _OF_VALUES
        return all(map(self._is_known, values))

    def _is_known(self, value: Value) -> bool:
        match value:
            case FunctionValue():
                return True  # one of those below
            case ClassValue(cls=cls):
                is_plain = self._inference.external_bases(cls) <= _PLAIN_BASES
                return is_plain and not set(self._inference.lost_bases(cls))
            case External(name=name) | Instance(kind=name):
                is_dash = name.startswith(_OF_DASH) or _COMPONENT.fullmatch(name) is not None
                return is_dash or name in _EXACT or _KNOWN.fullmatch(name) is not None
        return False
