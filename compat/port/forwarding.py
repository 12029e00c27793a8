"""Functions of a test suite that pass their keywords on to the test client: ``def post(path, **kwargs)``."""

from __future__ import annotations

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .program import Function, Module, dotted_name

#: Calls whose arguments have other names in Quart.
CLIENT_CALLS = {*(f"{api.CLIENT}.{name}" for name in (*api.VERBS, "open")), f"{api.APP}.test_request_context"}


def find_forwarders(awaits: Awaits) -> set[Function]:
    """The functions whose keywords are the test client's in the end."""
    passing = [
        (function, module, call)
        for module in awaits.inference.modules
        for call in module.calls
        if (function := _passes_keywords_on(module, call)) is not None
    ]
    found: set[Function] = set()
    while True:
        more = {
            function
            for function, module, call in passing
            if awaits.targets(call) & found or awaits.inference.externals(call.func, module.scopes[call]) & CLIENT_CALLS
        }
        if more <= found:
            return found
        found |= more


def _passes_keywords_on(module: Module, call: cst.Call) -> Function | None:
    """The function around *call*, if its ``**kwargs`` are among the arguments."""
    owner = module.scopes[call].owner
    if not isinstance(owner, Function) or owner.node.params.star_kwarg is None:
        return None
    kwargs = owner.node.params.star_kwarg.name.value
    return owner if any(arg.star == "**" and dotted_name(arg.value) == kwargs for arg in call.args) else None
