"""Attributes, calls and contexts that are awaitable on Quart, and were not on Flask."""

from __future__ import annotations

import re

import libcst as cst

from . import quart_api as api
from .inference import Inference
from .program import (
    ClassValue,
    External,
    Instance,
    Module,
    Values,
    dotted_name,
)
from .registration import Registration

#: Names by which an object of unknown type is taken for a form.
_FORM_NAME = re.compile(r"(^|_)form\d*$|Form\d*$", re.IGNORECASE)


class QuartAwaits(Registration):
    """Knows which calls and attributes of a project Quart makes awaitable."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self.forms: set[cst.Call] = set()

    def _is_awaited_attribute(self, module: Module, attribute: cst.Attribute) -> bool:
        """Whether it is ``request.form``, for example, where it is read."""
        if _is_target(module, attribute):
            return False
        owners = self.inference.evaluate(attribute.value, module.scopes[attribute])
        kinds = {f"{value.kind}.{attribute.attr.value}" for value in owners if isinstance(value, Instance)}
        return not kinds.isdisjoint(api.AWAITED_ATTRIBUTES | {f"{api.RESPONSE}.text"})

    def _is_awaited_call(self, module: Module, call: cst.Call) -> bool:
        """Whether it is ``render_template(...)``, for example, or makes or validates a form."""
        values = self.inference.evaluate(call.func, module.scopes[call])
        names = {value.name for value in values if isinstance(value, External)}
        return bool(names & api.AWAITED_CALLS) or call in self.forms or self._is_unmistakable(module, call)

    def _is_unmistakable(self, module: Module, call: cst.Call) -> bool:
        """Whether it is a call that only a form or a request has, on an object of which nothing is known."""
        if not isinstance(call.func, cst.Attribute) or self.targets(call):
            return False
        owner, name = call.func.value, call.func.attr.value
        if name in api.UNMISTAKABLE_CALLS:
            return True
        last = dotted_name(owner).rpartition(".")[2]
        is_form = name == "validate" and bool(_FORM_NAME.search(last))
        return is_form and not self.inference.evaluate(owner, module.scopes[call])

    def _makes_form(self, values: Values) -> bool:
        classes = {value.cls for value in values if isinstance(value, ClassValue)}
        return any(api.FORM in self.inference.external_bases(cls) for cls in classes)

    def _is_entered_async(self, module: Module, item: cst.WithItem) -> bool:
        values = self.inference.evaluate(item.item, module.scopes[item])
        if any(isinstance(value, Instance) and value.kind in api.ASYNC_CONTEXTS for value in values):
            makers = self.targets(item.item) if isinstance(item.item, cst.Call) else set()
            return not any(function.is_generator for function in makers)
        return False


def _is_target(module: Module, node: cst.BaseExpression) -> bool:
    around = module.parent(node)
    return isinstance(around, cst.AssignTarget | cst.Del) or (
        isinstance(around, cst.AnnAssign) and around.target is node
    )
