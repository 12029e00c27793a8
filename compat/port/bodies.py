"""Bodies of requests and responses that are read where Quart gives something else."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from . import quart_api as api
from .findings import Complaint, check, others, todo
from .inference import Inference
from .program import Function, Module, dotted_name


def find_bodies(module: Module, inference: Inference) -> Iterator[Complaint]:
    """Reading a body where Quart passes on what ``abort`` made, which is Werkzeug's response."""
    after = {
        function
        for name, functions in inference.hooks.items()
        if api.GIVEN[name] == api.RESPONSE
        for function in functions
    }
    for attribute in module.attributes:
        owner = module.scopes[attribute].owner
        if not isinstance(owner, Function) or owner not in after:
            continue
        conditions = [each.test for each in module.ancestors(attribute) if isinstance(each, cst.If)]
        if any(m.findall(condition, m.Call(func=m.Name("isinstance"))) for condition in conditions):
            continue
        response = owner.parameters[0].name.value
        if dotted_name(attribute) in (f"{response}.{name}" for name in ("data", "json", "get_data", "get_json")):
            yield todo(attribute, module.code(attribute),
                       "the answer of an `abort` arrives here as Werkzeug's response, whose body is not awaited",
                       "Leave that one alone: `if isinstance(response, Response):`, from quart")  # fmt: skip


def find_json(module: Module, inference: Inference) -> Iterator[Complaint]:
    """Reading JSON that may be none, once a file: Flask refuses it with 415, ``silent`` and ``force`` excepted."""
    found = []
    for attribute in module.attributes:
        call = module.parent(attribute)
        if isinstance(call, cst.Call) and call.args:
            continue
        names = inference.externals(attribute, module.scopes[attribute])
        if names & {f"{api.REQUEST}.json", f"{api.REQUEST}.get_json"}:
            found.append(attribute)
    if found:
        why = f"it is None if the Content-Type is not JSON, where Flask answers 415{others(found)}"
        yield check(found[0], module.code(found[0]), why, "Refuse None: `abort(415)`")
