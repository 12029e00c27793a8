"""Strict reading of JSON from untrusted clients.

It follows RFC 8259 and I-JSON (RFC 7493): UTF-8 only, no NaN, no duplicate names, no lone surrogates. Every invalid
body is a 400, and no body causes a 500.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from quart import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from quart_app.errors.problems import BODY_UNREADABLE, FIELDS_INVALID, FIELDS_UNKNOWN, FieldError, Problem

from .preferences import is_strict

Model = TypeVar("Model", bound=BaseModel)

JSON = "application/json"


async def read_body(model: type[Model]) -> Model:
    """The body of this request as a model.

    Only ``application/json`` is read: a form of another site cannot send it, and a script of another site needs a
    preflight, which is refused. Unknown names are ignored, or refused if the request prefers strict handling.

    Raises:
        RequestEntityTooLarge: the body is larger than ``MAX_CONTENT_LENGTH``.
        UnsupportedMediaType: the body has another type, or is compressed.
        Problem: it is not a JSON object, its fields are invalid, or some are unknown and handling is strict.
    """
    strict = is_strict()
    try:
        body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    except RequestEntityTooLarge:
        raise RequestEntityTooLarge(f"Send {request.max_content_length} bytes at most.") from None
    if request.mimetype != JSON and (body or request.mimetype):
        raise UnsupportedMediaType(f"Send {JSON}.")
    if (request.headers.get("Content-Encoding") or "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")
    content = parse_object(body)
    if strict and (unknown := [name for name in content if name not in model.model_fields]):
        raise Problem(FIELDS_UNKNOWN, errors=[FieldError.at([name], "Unknown field.") for name in unknown])
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise Problem(
            FIELDS_INVALID, errors=_field_errors(error)
        ) from None  # the cause contains the input, passwords included


def read_query(model: type[Model]) -> Model:
    """The query string of this request as a model. Unknown names are ignored.

    Raises:
        BadRequest: a value is invalid, or a name that the model has is there twice.
    """
    values = {name: found[0] if len(found) == 1 else found for name, found in request.args.lists()}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        messages: dict[object, str] = {}
        for detail in error.errors(include_url=False, include_input=False):
            messages.setdefault(detail["loc"][0], _message(detail))  # the first says most
        raise BadRequest(" ".join(f"{name}: {message}" for name, message in messages.items())) from None


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        Problem: it is not a JSON object, or breaks one of the rules above.
    """
    try:
        content = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
        json.dumps(content, ensure_ascii=False).encode()  # "\ud800" can be parsed, but not encoded
    # ValueError covers JSONDecodeError, UnicodeError, and numbers with thousands of digits; deeply nested lists
    # raise RecursionError.
    except (ValueError, RecursionError):
        raise Problem(BODY_UNREADABLE) from None
    if not isinstance(content, dict):
        raise Problem(BODY_UNREADABLE)
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("duplicate name")  # parsers differ in which of the two values they use
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _field_errors(error: ValidationError) -> list[FieldError]:
    details = error.errors(include_url=False, include_input=False)
    return [FieldError.at(detail["loc"], _message(detail)) for detail in details]


def _message(detail: Any) -> str:
    """The message of a rule of this application, or of Pydantic."""
    cause = detail.get("ctx", {}).get("error")
    return str(cause) if isinstance(cause, ValueError) else f"{detail['msg']}."
