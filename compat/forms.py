"""Flask-WTF's ``FlaskForm`` on Quart, over quart-wtforms: ``form = await LoginForm.create_form()``.

Needs quart-wtforms (``pip install "quart-flask-login[forms]"``), which nothing else in ``compat`` does.

quart-wtforms 1.0.3 has a form of its own, ``QuartForm``. It differs from Flask-WTF's in three ways, which this class
undoes: its ``create_form`` replaces form data that it is given by None, and passes its own arguments to a form whose
``__init__`` takes others; and its ``is_submitted`` is a property.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Self

from quart import request
from werkzeug.datastructures import CombinedMultiDict, ImmutableMultiDict, MultiDict

try:
    from quart_wtf import QuartForm
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'compat.forms needs quart-wtforms: pip install "quart-flask-login[forms]"', name=error.name
    ) from error

__all__ = ["FlaskForm"]

FormData = MultiDict[str, Any] | CombinedMultiDict[str, Any]

_SUBMIT_METHODS = {"POST", "PUT", "PATCH", "DELETE"}
#: Stands for "what was submitted", as in Flask-WTF: None stands for no form data.
_AUTO: Any = object()
#: What was submitted, while ``create_form`` makes the form.
_submitted: ContextVar[FormData | None] = ContextVar("compat_submitted_form")


class FlaskForm(QuartForm):
    """A form that behaves as Flask-WTF's does, made by a coroutine.

    ``await Form.create_form(...)`` takes the arguments of the form, also those of an ``__init__`` of its own, and
    stands for Flask-WTF's ``Form(...)``: without ``formdata``, the form has what was submitted, if the request is a
    POST, PUT, PATCH or DELETE. ``validate()`` and ``validate_on_submit()`` are coroutines, too; a method ``async def
    async_validators_<field>(self, field)`` is awaited by them.

    Args:
        formdata: what was submitted; None for nothing.
        obj: an object whose attributes fill fields that have no form data.
        prefix: what the names of all fields begin with.
        data: a mapping that fills fields that have no form data.
        meta: attributes of this form's ``Meta``.
        kwargs: more of *data*.

    Raises:
        RuntimeError: it is made by a plain call, ``Form()``, in a request that submits something.
    """

    def __init__(
        self,
        formdata: FormData | None = _AUTO,
        obj: object | None = None,
        prefix: str = "",
        data: Mapping[str, Any] | None = None,
        meta: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if formdata is _AUTO:
            formdata = self._what_was_submitted()
        super().__init__(formdata, obj, prefix, data, meta, **kwargs)

    @classmethod
    async def create_form(cls, *args: Any, **kwargs: Any) -> Self:
        """Read what was submitted, if anything was, and make the form of it and of the arguments."""
        token = _submitted.set(await _read() if _is_submitted() and "formdata" not in kwargs else None)
        try:
            return cls(*args, **kwargs)
        finally:
            _submitted.reset(token)

    def is_submitted(self) -> bool:  # type: ignore[override]  # a property of its base, and a method of Flask-WTF's
        """Whether the request is one that submits something."""
        return _is_submitted()

    async def validate_on_submit(self, extra_validators: dict[str, Any] | None = None) -> bool:
        """Whether something was submitted, and is valid."""
        return self.is_submitted() and await self.validate(extra_validators=extra_validators)

    @classmethod
    def _what_was_submitted(cls) -> FormData | None:
        try:
            return _submitted.get()
        except LookupError:
            if not _is_submitted():
                return None
        raise RuntimeError(
            f"{cls.__name__}() cannot read what was submitted, which is async: "
            f"write `await {cls.__name__}.create_form()`, or `{cls.__name__}(formdata=None)` for an empty form."
        )


def _is_submitted() -> bool:
    return bool(request) and request.method in _SUBMIT_METHODS


async def _read() -> FormData | None:
    """What was submitted: files and fields, or the members of a JSON object (as Flask-WTF 1.3 reads them)."""
    files, form = await request.files, await request.form
    if files:
        return CombinedMultiDict((files, form))
    if form:
        return form
    return ImmutableMultiDict(await request.get_json()) if request.is_json else None
