"""The documentation of the API: a page without scripts, made from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from quart import current_app, render_template
from quart_schema import hide

from quart_app.errors.problems import PROBLEM_TYPES
from quart_app.faces import API
from quart_app.framework.openapi_provider import REFERENCE

from .blueprint import blueprint
from .openapi import described_api
from .operations import COOKIE


class FieldRow(NamedTuple):
    """One field of a request or a response."""

    name: str
    kind: str
    is_required: bool
    about: str


class AnswerRow(NamedTuple):
    """One status of an operation's responses."""

    status: int
    phrase: str
    about: str
    model: str | None


class OperationCard(NamedTuple):
    """One operation."""

    id: str
    method: str
    path: str
    title: str
    about: str
    ways_in: tuple[str, ...]
    parameters: tuple[FieldRow, ...]
    headers: tuple[FieldRow, ...]
    fields: tuple[FieldRow, ...]
    example: dict[str, Any] | None
    answers: tuple[AnswerRow, ...]
    problems: tuple[AnswerRow, ...]


@blueprint.get("/docs")
@hide
async def documentation() -> str:
    """The documentation page."""
    document = await described_api(current_app)
    return await render_template(
        "api/documentation.html",
        info=document["info"],
        headings=_headings(document),
        models={name: tuple(_fields(schema)) for name, schema in document["components"]["schemas"].items()},
        problem_types=PROBLEM_TYPES,
        cookie=COOKIE,
    )


def _headings(document: dict[str, Any]) -> dict[str, list[OperationCard]]:
    """The operations of an OpenAPI document, by heading."""
    found: dict[str, list[OperationCard]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            card = _card(method, path, operation, document["components"]["schemas"])
            found[operation["tags"][0]].append(card)
    return found


def _card(method: str, path: str, operation: dict[str, Any], models: dict[str, Any]) -> OperationCard:
    schema = models[_model_of(operation["requestBody"])] if "requestBody" in operation else {}
    answers = tuple(_answer(int(status), response) for status, response in operation["responses"].items())
    return OperationCard(
        id=operation["operationId"],
        method=method.upper(),
        path=f"{API}{path}",
        title=operation["summary"],
        about=operation["description"].removeprefix(operation["summary"]),
        ways_in=tuple(way for ways in operation["security"] for way in ways),
        parameters=tuple(_parameters(operation, "query")),
        headers=tuple(_parameters(operation, "header")),
        fields=tuple(_fields(schema)),
        example=_example(schema) if schema else None,
        answers=tuple(answer for answer in answers if answer.status < HTTPStatus.BAD_REQUEST),
        problems=tuple(answer for answer in answers if answer.status >= HTTPStatus.BAD_REQUEST),
    )


def _answer(status: int, response: dict[str, Any]) -> AnswerRow:
    model = _model_of(response) if "content" in response else None
    return AnswerRow(status, HTTPStatus(status).phrase, response["description"], model)


def _fields(schema: dict[str, Any]) -> Iterator[FieldRow]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield FieldRow(name, _kind(field), name in required, field.get("description", ""))


def _parameters(operation: dict[str, Any], place: str) -> Iterator[FieldRow]:
    """What may stand in one place of a request: the query string, or the headers."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == place:
            kind = _kind(parameter["schema"])
            yield FieldRow(parameter["name"], kind, parameter.get("required", False), parameter["description"])


def _kind(field: dict[str, Any]) -> str:
    """The type of a field, as text."""
    if reference := field.get("$ref"):
        return str(reference).removeprefix(REFERENCE)
    if choices := field.get("anyOf"):
        return " or ".join(_kind(choice) for choice in choices)
    if values := field.get("enum"):
        return " or ".join(f'"{value}"' for value in values)
    if field["type"] == "array":
        return f"list of {_kind(field['items'])}"
    kind = str(field.get("format") or field["type"])
    if "maximum" in field:
        return f"{kind}, {field['minimum']}-{field['maximum']}"
    shortest, longest = field.get("minLength"), field.get("maxLength")
    if longest is None:
        return kind
    return f"{kind}, {shortest}-{longest} characters" if shortest else f"{kind}, up to {longest} characters"


def _model_of(body: dict[str, Any]) -> str:
    (content,) = body["content"].values()
    return str(content["schema"]["$ref"]).removeprefix(REFERENCE)


def _example(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: field["examples"][0] for name, field in schema["properties"].items() if "examples" in field}
