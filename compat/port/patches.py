"""``monkeypatch.setattr`` and ``mock.patch``: what is put in place of a function that became async is awaited, too."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from .awaits import Awaits
from .findings import Complaint, todo
from .program import Function, FunctionValue, Module, ModuleValue, Values, dotted_name

#: How the names of what replaces a function end: pytest's, unittest.mock's and pytest-mock's.
_PATCHING = ("monkeypatch.setattr", "patch", "patch.object")


def find_patches(module: Module, awaits: Awaits) -> Iterator[Complaint]:
    """The lambdas and sync functions that replace an async one."""
    for call in module.calls:
        if not dotted_name(call.func).endswith(_PATCHING):
            continue
        match [arg.value for arg in call.args if arg.keyword is None or arg.keyword.value == "new"]:
            case [cst.SimpleString() as target, new]:
                replaced = _named(awaits, str(target.evaluated_value))
            case [owner, cst.SimpleString() as name, new]:
                values = awaits.inference.evaluate(owner, module.scopes[call])
                replaced = _members(awaits, values, str(name.evaluated_value))
            case _:
                continue
        turned = replaced & awaits.made_async.keys()
        if turned and _is_sync(module, awaits, new):
            why = f"`{min(function.name for function in turned)}` is async now, and is awaited"
            yield todo(call, module.code(call), why, "Put an `async def` in its place")


def _named(awaits: Awaits, target: str) -> set[Function]:
    """The functions that a dotted name means: of a module, or of a class in one."""
    parts = target.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = awaits.inference.by_name.get(".".join(parts[:length]))
        if module is not None:
            values: Values = frozenset({ModuleValue(module)})
            for name in parts[length:-1]:
                values = frozenset(each for value in values for each in awaits.inference.member(value, name))
            return _members(awaits, values, parts[-1])
    return set()


def _members(awaits: Awaits, owners: Values, name: str) -> set[Function]:
    found = {each for owner in owners for each in awaits.inference.member(owner, name)}
    return {value.function for value in found if isinstance(value, FunctionValue)}


def _is_sync(module: Module, awaits: Awaits, new: cst.BaseExpression) -> bool:
    """Whether it is a lambda that calls no async function, or a function that is not async."""
    if isinstance(new, cst.Lambda):
        called = new.body.func if isinstance(new.body, cst.Call) else None
        return not any(awaits.is_async(function) for function in _functions(module, awaits, called))
    functions = _functions(module, awaits, new)
    return bool(functions) and not any(awaits.is_async(function) for function in functions)


def _functions(module: Module, awaits: Awaits, node: cst.BaseExpression | None) -> list[Function]:
    values = awaits.inference.evaluate(node, module.scopes[node]) if node in module.scopes and node is not None else ()
    return [value.function for value in values if isinstance(value, FunctionValue)]
