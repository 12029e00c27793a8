"""Finds functions that became async and are passed on, so that no ``await`` is seen where they are called."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .decorated import AS_A_FUNCTION
from .findings import Complaint, others, todo
from .program import Class, ClassValue, External, Function, Module, ObjectValue, Values, dotted_name

#: Packages that take sync and async functions alike, ...
_AWAITING = (
    *("pytest", "quart.", "compat.", "unittest.", "functools.partial", "typing.", "hypothesis.", "asyncio."),
    "inspect.",
)
#: ... except where an application only keeps what it is given.
_KEPT = (f"{api.APP}.config", f"{api.APP}.extensions", "quart.session", "quart.g.")
#: The nodes around a value that is passed to a call, or put into a table.
_TAKING = {cst.Arg, cst.DictElement, cst.Element}


class PassedOn:
    """Finds functions that became async and are passed to something that calls them synchronously, or may."""

    def __init__(self, awaits: Awaits) -> None:
        self._awaits = awaits
        self._inference = awaits.inference

    def find(self, module: Module) -> Iterator[Complaint]:
        """Functions that became async, and are passed to code that the assistant does not see.

        Objects that are passed on while the module is imported are named at the first of them, by their class.
        """
        objects: dict[Class, list[cst.BaseExpression]] = {}
        for node in (*module.loads, *module.attributes, *module.calls):
            place = _given_away(module, node)
            if place is None:
                continue
            values = self._inference.evaluate(node, module.scopes[node])
            is_object = self._awaits.has_async_call(values)
            if not self._awaits.is_turned(values) and not (is_object and not _is_self(module, node)):
                continue
            if not self._is_welcome(module, place) or (is_object and self._is_registered(module, place)):
                if is_object and not isinstance(module.scopes[node].owner, Function):
                    cls = min(self._awaited_when_called(values))
                    objects.setdefault(cls, []).append(node)
                    continue
                what = module.code(node)
                do = AS_A_FUNCTION if is_object else "Make sure that its callers await it"
                call = module.parent(place)
                if isinstance(call, cst.Call):
                    names = self._inference.externals(call.func, module.scopes[call])
                    if "threading.Thread" in names:
                        do = f"Use `app.add_background_task({what}, ...)`"
                why = "it is async now, and the code that it is passed to may call it without awaiting"
                yield todo(node, what, why, do, raises=True)
        for cls, found in objects.items():
            why = f"the `__call__` of `{cls.node.name.value}` is async now, and it is passed on{others(found)}"
            first = min(found, key=module.line)
            yield todo(first, module.code(first), why, AS_A_FUNCTION, raises=True)

    def _awaited_when_called(self, values: Values) -> Iterator[Class]:
        """The classes of those objects among *values* whose ``__call__`` became async."""
        for value in values:
            if isinstance(value, ObjectValue) and self._awaits.has_async_call(frozenset({value})):
                yield value.cls

    def _is_registered(self, module: Module, place: cst.CSTNode) -> bool:
        """Whether the call registers it with Quart."""
        call = module.parent(place)
        if not isinstance(call, cst.Call):
            return False
        return not self._inference.externals(call.func, module.scopes[call]).isdisjoint(api.HOOKS)

    def _is_welcome(self, module: Module, place: cst.CSTNode) -> bool:
        if isinstance(place, cst.Assign):
            return all(self._is_followed(module, each.target) for each in place.targets)
        for around in (place, *module.ancestors(place)):
            if isinstance(around, cst.Call) and dotted_name(around.func) != "dict":
                return self._may_take(module, around, place)
            if isinstance(around, cst.Assign):
                if any(dotted_name(each.target) == "decorators" for each in around.targets):
                    return isinstance(module.scopes[place].owner, Class)
                return _is_unpacked(around)
            if isinstance(around, cst.BaseStatement | cst.Return):
                break
        owner = module.scopes[place].owner
        return isinstance(owner, Function) and any(  # what it returns is called by templates, which await
            name.endswith("context_processor")
            for decorator in owner.decorators
            for name in self._inference.externals(decorator, owner.outer)
        )

    def _is_followed(self, module: Module, target: cst.BaseExpression) -> bool:
        """Whether it is known what *target* stands for when it is called."""
        if isinstance(target, cst.Subscript):
            table = target.value.value if isinstance(target.value, cst.Subscript) else target.value
            return bool(self._inference.externals(table, module.scopes[target]) & api.AWAITED_TABLES)
        if not isinstance(target, cst.Attribute):
            return True
        name = target.attr.value
        owners = self._inference.evaluate(target.value, module.scopes[target])
        return (
            name in api.AWAITED_CALLBACKS
            or (name.startswith("__") and name.endswith("__"))
            or External("quart.g") in owners
            or any(isinstance(owner, ObjectValue | ClassValue) for owner in owners)
        )

    def _may_take(self, module: Module, call: cst.Call, place: cst.CSTNode) -> bool:
        """Whether *call* may be given an async function: what it does with that is known, or it awaits that."""
        names = self._inference.externals(call.func, module.scopes[call])
        if names & (api.HOOKS | api.WELCOME) or self._awaits.registers(module, call):
            return True
        if any(name.startswith(_AWAITING) and not name.startswith(_KEPT) for name in names):
            return True
        functions = self._awaits.initialised(module, call)
        return bool(functions) and all(_has_parameter(each, call, place) for each in functions)


def _given_away(module: Module, node: cst.CSTNode) -> cst.CSTNode | None:
    """Where the value of *node* goes, if it is an argument, a part of a table, or is put into something."""
    around = module.parent(node)
    # Asked of all names, attributes and calls: by the type, as LibCST's abstract classes take long to answer.
    while type(around) is cst.BooleanOperation or type(around) is cst.IfExp:
        if isinstance(around, cst.IfExp) and around.test is node:
            return None
        node, around = around, module.parent(around)
    if type(around) is cst.Assign:
        return around if around.value is node else None
    return around if type(around) in _TAKING else None


def _is_self(module: Module, node: cst.CSTNode) -> bool:
    """Whether it is the object of the method that it stands in."""
    owner = module.scopes[node].owner
    if not isinstance(owner, Function) or owner.cls is None or not owner.parameters:
        return False
    return isinstance(node, cst.Name) and node.value == owner.parameters[0].name.value


def _is_unpacked(assign: cst.Assign) -> bool:
    """Whether what stands in its tuple is given to names, one by one."""
    parts = assign.value.elements if isinstance(assign.value, cst.Tuple | cst.List) else ()
    return bool(parts) and all(
        isinstance(each.target, cst.Tuple | cst.List) and len(each.target.elements) == len(parts)
        for each in assign.targets
    )


def _has_parameter(function: Function, call: cst.Call, place: cst.CSTNode) -> bool:
    """Whether *function* has a parameter of its own for the argument *place*, apart from ``*args`` and ``**kwargs``."""
    names = [param.name.value for param in function.parameters]
    for number, arg in enumerate(call.args):
        if arg is place:
            return dotted_name(arg.keyword) in names if arg.keyword is not None else number < len(names)
    return False
