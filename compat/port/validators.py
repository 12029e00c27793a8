"""What WTForms calls, synchronously: validators and filters of fields, and the methods of a form that are named so.

If one of them were async, WTForms would drop the coroutine, and the field would be valid whatever it holds.
"""

from __future__ import annotations

import libcst as cst

from . import quart_api as api
from .inference import Inference
from .program import ClassValue, Function, FunctionValue, ObjectValue, Scope

_GIVEN = {"validators", "filters", "extra_validators"}
_SIGNATURE = ["form", "field"]
_INLINE = {"validate_": "async_validators_", "filter_": None}

_FORMS = {api.FORM, "wtforms.Form", "wtforms.form.Form", "wtforms.form.BaseForm"}

WHY = "WTForms calls it without awaiting, and a coroutine counts as true"
DO = "Write it as a method of the form: `async def async_validators_<field>(self, field)`, which quart-wtforms awaits"


def find_validators(inference: Inference) -> set[Function]:
    """The functions that WTForms is given, or looks like it is: ``(form, field)``."""
    found: set[Function] = set()
    for module in inference.modules:
        for function in module.functions:
            names = [param.name.value for param in function.parameters]
            if names[-2:] == _SIGNATURE and len(names) <= 2 + (function.cls is not None):
                found.add(function)
            if is_inline(inference, function):
                found.add(function)
        for call in module.calls:
            for arg in call.args:
                if arg.keyword is not None and arg.keyword.value in _GIVEN:
                    found |= _functions(inference, arg.value, module.scopes[call])
    return found


def is_inline(inference: Inference, function: Function) -> bool:
    """Whether it is a ``validate_<field>`` or ``filter_<field>`` of a form."""
    if function.cls is None or function.name in api.AWAITED_METHODS[api.FORM]:
        return False
    return function.name.startswith(tuple(_INLINE)) and not _FORMS.isdisjoint(inference.external_bases(function.cls))


def awaited_name(function: Function) -> str | None:
    """Under which name quart-wtforms awaits this validator of a form; None if there is none."""
    for beginning, awaited in _INLINE.items():
        if function.name.startswith(beginning):
            return awaited and awaited + function.name.removeprefix(beginning)
    return None


def _functions(inference: Inference, node: cst.BaseExpression, scope: Scope) -> set[Function]:
    """The functions in a list of validators, as far as it is spelt out."""
    match node:
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            return {each for element in elements for each in _functions(inference, element.value, scope)}
        case cst.BinaryOperation(left=one, right=other):
            return _functions(inference, one, scope) | _functions(inference, other, scope)
        case cst.Dict(elements=elements):
            return {each for element in elements for each in _functions(inference, element.value, scope)}
    found: set[Function] = set()
    for value in inference.evaluate(node, scope):
        if isinstance(value, ClassValue):
            value = ObjectValue(value.cls)
        found |= {each.function for each in inference.called(frozenset({value})) if isinstance(each, FunctionValue)}
    return found
