"""The OpenAPI document of one blueprint, with what Quart-Schema cannot describe itself.

That is: empty responses, required bodies, schemas that are described once and by name, the bounds of numbers and the
format of UUIDs in paths, paths below the URL of the server, headers, and a description of each response.

Written for Quart-Schema 0.23 to 0.25. It overrides the steps in which ``OpenAPIProvider`` builds the document; they
have public names and are not documented. It saves writing the document by hand. If Quart-Schema changes these steps,
``tests/app/test_api_description.py`` fails, and the application otherwise works: adapt this module, or keep the
document of the last version as a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar

from quart_schema import OpenAPIProvider
from werkzeug.routing import IntegerConverter, Rule, UUIDConverter
from werkzeug.routing.converters import BaseConverter

REFERENCE = "#/components/schemas/"
_JSON = "application/json"


class BlueprintProvider(OpenAPIProvider):
    """Quart-Schema's provider for the operations of one blueprint.

    Each view has these attributes: ``empty_answer``, the status of an answer without a body, or None;
    ``response_texts``, descriptions of its responses by status, which take the place of those that are the same for all
    operations; ``request_headers``, Parameter Objects.

    Attributes:
        blueprint_name: the blueprint whose operations are described.
        server_path: what all its paths begin with and is in ``servers``, so not in ``paths``.
    """

    blueprint_name: ClassVar[str]
    server_path: ClassVar[str]

    def describe_response(self, view: Any, status: HTTPStatus, response: dict[str, Any]) -> dict[str, Any]:
        """The Response Object of a view's answer with this status; to be overridden to add to it."""
        return {**response, "description": status.phrase}

    def generate_rules(self) -> Iterable[Rule]:
        """The rules of the blueprint."""
        return (rule for rule in super().generate_rules() if rule.endpoint.startswith(f"{self.blueprint_name}."))

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        """The operations of a rule, with required bodies, described answers, and descriptions on one line."""
        paths, components = super().build_paths(rule)
        view = self._app.view_functions[rule.endpoint]
        for operations in paths.values():
            for operation in operations.values():
                responses = operation["responses"]
                if view.empty_answer is not None:
                    responses[view.empty_answer] = {}
                operation["responses"] = {
                    str(code): self.describe_response(view, HTTPStatus(code), response)
                    for code, response in sorted(responses.items())
                }
                operation["parameters"] = [*operation["parameters"], *view.request_headers]
                if "requestBody" in operation:
                    operation["requestBody"]["required"] = True
                # Both are the view's docstring, which PYTHONOPTIMIZE=2 removes.
                operation.setdefault("summary", view.__name__.replace("_", " ").capitalize())
                operation["description"] = " ".join(operation.get("description", "").split()) or operation["summary"]
        return {path.removeprefix(self.server_path): operations for path, operations in paths.items()}, components

    def build_request_body(self, model: Any, source: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A body, with its schema by reference."""
        return _by_reference(*super().build_request_body(model, source))

    def build_response_object(self, model: Any, headers_model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """An answer, with its schema by reference."""
        return _by_reference(*super().build_response_object(model, headers_model))

    def build_path_parameter(self, name: str, converter: BaseConverter) -> dict[str, Any]:
        """A parameter in a path, with the bounds of numbers and the format of UUIDs."""
        parameter = super().build_path_parameter(name, converter)
        if isinstance(converter, IntegerConverter):
            parameter["schema"] |= {"minimum": 0, "maximum": converter.max}
        elif isinstance(converter, UUIDConverter):
            parameter["schema"] |= {"format": "uuid"}
        return parameter

    def operation_id(self, method: str, path: str, func: Any) -> str | None:
        """The name of an operation, without its method."""
        operation_id = super().operation_id(method, path, func)
        return None if operation_id is None else operation_id.removeprefix(f"{method.lower()}_")


def _by_reference(body: dict[str, Any], components: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same with its schema among the components: described once, and with a name."""
    content = body["content"][_JSON]
    schema, name = content["schema"], content["schema"]["title"]
    return {**body, "content": {_JSON: {"schema": {"$ref": f"{REFERENCE}{name}"}}}}, {**components, name: schema}
