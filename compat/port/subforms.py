"""Forms inside of forms: WTForms validates them without awaiting, and takes the coroutine for a yes."""

from __future__ import annotations

from collections.abc import Iterator

from . import quart_api as api
from .awaits import Awaits
from .findings import Complaint, todo
from .program import Class, ClassValue, FunctionValue, Module, ObjectValue, dotted_name

_FIELDS = {"wtforms.FormField", "wtforms.fields.FormField", "wtforms.fields.form.FormField"}
_WHY = "`FormField` validates it without awaiting, and a coroutine counts as true"
_DO = "Make it a `wtforms.Form` whose `validate` is sync"


def find_subforms(module: Module, awaits: Awaits) -> Iterator[Complaint]:
    """The fields whose form has a ``validate`` that is to be awaited: one of Quart's, or one that became async."""
    for call in module.calls:
        if not call.args or not awaits.inference.externals(call.func, module.scopes[call]) & _FIELDS:
            continue
        named = [arg.value for arg in call.args if dotted_name(arg.keyword) == "form_class"]
        form = named[0] if named else call.args[0].value
        for value in awaits.inference.evaluate(form, module.scopes[call]):
            if isinstance(value, ClassValue) and _is_awaited(value.cls, awaits):
                yield todo(call, module.code(form), _WHY, _DO, raises=True)
                break


def _is_awaited(cls: Class, awaits: Awaits) -> bool:
    validate = awaits.inference.member(ObjectValue(cls), "validate")
    return api.FORM in awaits.inference.external_bases(cls) or any(
        isinstance(each, FunctionValue) and awaits.is_async(each.function) for each in validate
    )
