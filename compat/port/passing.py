"""Decorators whose wrapper returns what the function returned: they stay sync, around async functions, too.

``def wrapper(*args): warn(); return function(*args)`` passes a coroutine on as it passes a value on. Made async, as it
is above an async function, it would make every other function async that the same decorator stands above, and all that
call those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from .awaits import Awaits
from .evaluation import InHand
from .inference import Inference
from .program import Function, Module


def find_awaits(modules: Sequence[Module], in_hand: InHand) -> Awaits:
    """What becomes async, with such wrappers left sync wherever they stand above functions of both kinds."""
    awaits = Awaits(Inference(modules, in_hand))
    passing = frozenset(_find(awaits))
    while passing:
        again = Awaits(Inference(modules, in_hand, passing))
        kept = passing - again.made_async.keys()
        if kept == passing:
            return again
        passing = kept
    return awaits


def _find(awaits: Awaits) -> Iterator[Function]:
    """The wrappers that made functions async which nothing else has."""
    for wrapper in awaits.forcing:
        calls = [call for call in wrapper.module.calls if wrapper.module.scopes[call].owner is wrapper]
        wrapped = {function for call in calls for function in awaits.targets(call)}
        if _passes_on(wrapper) and not any(map(awaits.is_looked_at, (wrapper, *wrapped))):
            yield wrapper


def _passes_on(wrapper: Function) -> bool:
    """Whether all that it does with the parameter of the decorator around it is to return what that gives."""
    module, decorator = wrapper.module, wrapper.outer.owner
    if not isinstance(decorator, Function) or not decorator.parameters or wrapper.is_generator:
        return False
    name = decorator.parameters[0].name.value
    uses = [load for load in module.loads if load.value == name and module.scopes[load].owner is wrapper]
    calls = [module.parent(load) for load in uses]
    return bool(uses) and all(
        isinstance(call, cst.Call) and call.func is load and isinstance(module.parent(call), cst.Return)
        for load, call in zip(uses, calls, strict=True)
    )
