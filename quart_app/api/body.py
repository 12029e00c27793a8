"""Reading JSON that anybody may have sent.

Python's parser is as strict here as RFC 8259 and its advice on interoperability (I-JSON, RFC 7493) want it: UTF-8 and
nothing else, no NaN, no name twice, no half of a surrogate pair. Whatever is wrong is a 400; nothing that can be sent
is an error of ours.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from quart import request
from werkzeug.exceptions import UnsupportedMediaType

from quart_app.errors.problems import BODY_UNREADABLE, FIELDS_INVALID, FieldError, Problem

Model = TypeVar("Model", bound=BaseModel)

JSON = "application/json"


async def read_body(model: type[Model]) -> Model:
    """The body of this request.

    Only ``application/json`` is read: no form of another site can send that, and a script of one has to ask first (a
    "preflight"), which we refuse by not answering. Names that the model does not have are ignored.

    Raises:
        UnsupportedMediaType: it is something else.
        Problem: it is no JSON object, or its fields are not what they should be.
    """
    body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    if request.mimetype != JSON and (body or request.mimetype):
        raise UnsupportedMediaType(f"Send {JSON}.")
    content = parse_object(body)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise Problem(FIELDS_INVALID, errors=_field_errors(error)) from None  # it has what was sent, passwords included


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object that these bytes are.

    Raises:
        Problem: they are none.
    """
    try:
        content = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
        json.dumps(content, ensure_ascii=False).encode()  # "\ud800" can be read, and not be written by anybody
    # Also JSONDecodeError, UnicodeError and, of numbers with thousands of digits, ValueError itself;
    # RecursionError of lists in lists in lists.
    except (ValueError, RecursionError):
        raise Problem(BODY_UNREADABLE) from None
    if not isinstance(content, dict):
        raise Problem(BODY_UNREADABLE)
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name is there twice")  # who checks one and who uses the other may differ
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _field_errors(error: ValidationError) -> list[FieldError]:
    details = error.errors(include_url=False, include_input=False)
    return [FieldError.at(detail["loc"], _message(detail)) for detail in details]


def _message(detail: Any) -> str:
    """The sentence of a rule of ours, or pydantic's."""
    cause = detail.get("ctx", {}).get("error")
    return str(cause) if isinstance(cause, ValueError) else f"{detail['msg']}."
