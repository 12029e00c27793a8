"""Decorators above functions that became async: some call what they are above, and do not await it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .findings import Complaint, check, others, todo
from .off_loop import IN_A_WORKER, WORKERS
from .program import Function, Module
from .startup import first_request

#: Packages that call functions of both kinds, or none of the project at all.
QUIET = ("pytest", "quart.", "compat.", "unittest.", "functools.", "typing.", "click.", "hypothesis.", "asyncio.")
AS_A_FUNCTION = "Make sure that its callers await it; give Quart an `async def` function instead of the object"
_MAY_CALL = "`{}` is async now, and this decorator may call it without awaiting{}"
_TAKES_ASYNC = "Make sure that it accepts async functions"
#: Decorators that take async functions, or are seen to elsewhere.
_WRAPS_ASYNC = (
    *QUIET,
    *sorted(api.WELCOME),
    *(
        "mock.",
        "freezegun.",
        "time_machine.",
        "responses.",
        "parameterized.",
        "vcr.",
        "flaky.",
        "respx.",
        "aioresponses.",
    ),
)


def find_decorators(module: Module, awaits: Awaits) -> Iterator[Complaint]:
    """Decorators of other packages above functions that became async; above views and tests each once a file."""
    inference = awaits.inference
    checked: dict[str, list[tuple[cst.BaseExpression, Function]]] = {}
    for function in module.functions:
        for decorator in function.decorators if function in awaits.made_async else ():
            names = inference.externals(decorator, function.outer)
            if f"{api.APP}.before_first_request" in names and isinstance(decorator, cst.Attribute):
                yield first_request(decorator)
            strange = {name for name in names if name not in api.HOOKS and not name.startswith(_WRAPS_ASYNC)}
            if not strange:
                continue
            if awaits.is_hook(function) or function.cls is not None or module.is_of_tests:
                checked.setdefault(min(strange), []).append((decorator, function))
            else:  # what it is registered for would get a coroutine, which is true
                is_task = any(name.startswith(WORKERS) for name in strange)
                what, why = f"@{module.code(decorator)}", _MAY_CALL.format(function.name, "")
                yield todo(function.node, what, why, IN_A_WORKER if is_task else _TAKES_ASYNC, raises=True)
    for found in checked.values():
        decorator, function = found[0]
        why = _MAY_CALL.format(function.name, others(found))
        yield check(decorator, f"@{module.code(decorator)}", why, _TAKES_ASYNC)


def find_objects(module: Module, awaits: Awaits) -> Iterator[Complaint]:
    """Decorators that are classes, between Quart and a view: Quart takes an object for a sync function."""
    inference = awaits.inference
    for function in module.functions:
        if function.decorators and awaits.is_hook(function):
            values = inference.decorated(function)
            if awaits.has_async_call(values):
                yield todo(function.node, function.name, "it is an object whose `__call__` is async now, and "
                           "Quart calls objects as sync functions", AS_A_FUNCTION)  # fmt: skip
