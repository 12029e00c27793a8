"""`g` and contexts: when they are there on Quart, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from . import quart_api as api
from .awaits import Awaits
from .findings import Complaint, check, todo
from .imports import imported_as
from .inference import Inference
from .names import canonical
from .program import Instance, Module
from .startup import AT_THE_START, IN_TESTS


def find_contexts(module: Module, awaits: Awaits) -> Iterator[Complaint]:
    """Contexts that become ``before_serving``, and tests that read ``g`` after a request."""
    inference = awaits.inference
    for statement in module.withs:
        if statement in awaits.startup:
            yield check(statement, module.code(statement.items[0].item), AT_THE_START, IN_TESTS)
        kinds = {
            value.kind
            for item in statement.items
            for value in inference.evaluate(item.item, module.scopes[item])
            if isinstance(value, Instance)
        }
        if api.CLIENT in kinds:
            for name in m.findall(statement.body, m.Name("g")):
                if _is_g(module, name):
                    yield todo(name, "g", "Quart's test client keeps the request and the session, not `g`",
                               "Assert on what the response shows")  # fmt: skip
                    break


def find_loaders(module: Module, inference: Inference) -> Iterator[Complaint]:
    """User loaders that need what a ``before_request`` function puts into ``g``."""
    for function in module.functions:
        names = {name for each in function.decorators for name in inference.externals(each, function.outer)}
        if not names & {f"{api.MANAGER}.user_loader", f"{api.MANAGER}.request_loader"}:
            continue
        for name in m.findall(function.node.body, m.Name("g")):
            if _is_g(module, name):
                yield check(name, "g", "the loader runs before every `before_request` function",
                            "Let it open what it needs itself")  # fmt: skip
                break


def _is_g(module: Module, node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.Name) or node not in module.scopes:
        return False
    return canonical(imported_as(module, node) or "g") == "quart.g"
