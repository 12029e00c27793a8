"""The OpenAPI 3.1 document of the API, made by Quart-Schema from the operations."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from quart import Quart, Response, current_app, request
from quart_schema import APIKeySecurityScheme, HttpSecurityScheme, Info, QuartSchema, Tag, hide
from werkzeug.routing import Rule

from quart_app.defences.rate_limits import limit_of
from quart_app.errors.problems import PROBLEM_JSON
from quart_app.framework.openapi_provider import BlueprintProvider

from .blueprint import blueprint
from .body import JSON
from .operations import ACCOUNT, BEARER, COOKIE, SESSIONS

_INFO = Info(
    title="Microblog API",
    version="1",
    description=(
        "Requests and responses are JSON in UTF-8. Errors are problem details (RFC 9457). Unknown fields are ignored. "
        "Pages of other origins that the operator allows (CORS) use bearer tokens; their cookies are ignored."
    ),
)

_STATUS_WORDS = {
    HTTPStatus.OK: "The requested data.",
    HTTPStatus.CREATED: "Done.",
    HTTPStatus.NO_CONTENT: "Done.",
    HTTPStatus.BAD_REQUEST: "The body is damaged or not a JSON object, or fields or parameters are missing or wrong.",
    HTTPStatus.UNAUTHORIZED: "The request has no login, or not the kind that is needed.",
    HTTPStatus.FORBIDDEN: "Refused: a request from another site, a wrong password, or cookies requested with a token.",
    HTTPStatus.NOT_FOUND: "It does not exist, or belongs to another user.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "It is taken by another user.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: f"The body is not {JSON}.",
    HTTPStatus.TOO_MANY_REQUESTS: "A limit was reached: the type tells which, Retry-After when to try again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "An error of the server. It has been recorded.",
}
_SECONDS = {"type": "integer", "minimum": 1}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds after which to send the request again.", "schema": _SECONDS}}
_RESPONSE_HEADERS: dict[HTTPStatus, dict[str, Any]] = {
    HTTPStatus.UNAUTHORIZED: {
        "WWW-Authenticate": {
            "description": "What is missing, or wrong with the token (RFC 6750).",
            "schema": {"type": "string"},
        }
    },
    HTTPStatus.TOO_MANY_REQUESTS: _RETRY_AFTER,
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY_AFTER,
}
_COUNT = {"type": "integer", "minimum": 0}
_LIMIT_HEADERS = {
    "RateLimit-Limit": {"description": "How many such requests are allowed in a period.", "schema": _COUNT},
    "RateLimit-Remaining": {"description": "How many more are allowed now.", "schema": _COUNT},
    "RateLimit-Reset": {
        "description": "Seconds until all are allowed again or, if none remains, until the next one. Beside "
        "Retry-After it is the same.",
        "schema": _COUNT,
    },
}
"""On every answer of operations that are limited by network address, but for 503."""


class _Provider(BlueprintProvider):
    """Adds descriptions and headers of the responses, and problem details for errors."""

    blueprint_name = blueprint.name

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        """The operations of a rule, with the headers that tell of its limit."""
        paths, components = super().build_paths(rule)
        if limit_of(self._app.view_functions[rule.endpoint]) is not None:
            for operation in (operation for operations in paths.values() for operation in operations.values()):
                operation["responses"] = {
                    status: response
                    if int(status) == HTTPStatus.SERVICE_UNAVAILABLE
                    else {**response, "headers": _LIMIT_HEADERS}
                    for status, response in operation["responses"].items()
                }
        return paths, components

    def describe_response(self, status: HTTPStatus, response: dict[str, Any]) -> dict[str, Any]:
        described = {**response, "description": _STATUS_WORDS.get(status, status.phrase)}
        if status >= HTTPStatus.BAD_REQUEST:
            described["content"] = {PROBLEM_JSON: response["content"][JSON]}
        if headers := _RESPONSE_HEADERS.get(status, {}) | response.get("headers", {}):
            described["headers"] = headers
        return described


class Description(QuartSchema):
    """The OpenAPI document of one application."""

    openapi_provider_class = _Provider
    _document: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """The OpenAPI document. It is made once, by a worker before it serves, because it takes 50 ms and more."""
        if self._document is None:
            self._document = self.openapi_provider.schema()
        return self._document


def init_app(app: Quart) -> None:
    """Describe the API of an application. Quart-Schema's own pages load foreign scripts, and are left out."""
    Description(
        app,
        openapi_path=None,
        info=_INFO,
        tags=[
            Tag(ACCOUNT, description="Register, see, change and delete your account."),
            Tag(SESSIONS, description="Log in, list and end logins."),
        ],
        security_schemes={
            BEARER: HttpSecurityScheme(scheme="bearer"),
            COOKIE: APIKeySecurityScheme(name=app.config["SESSION_COOKIE_NAME"], in_="cookie"),
        },
    )


@blueprint.get("/openapi.json")
@hide
async def openapi() -> Response:
    """The OpenAPI document, for this mount of the application: ``servers`` depends on the request."""
    document = {**described_api(current_app), "servers": [{"url": request.root_path or "/"}]}
    return Response(current_app.json.dumps(document), content_type=JSON)


def described_api(app: Quart) -> dict[str, Any]:
    """The OpenAPI document of an application, without the URL at which it is mounted."""
    description: Description = app.extensions["QUART_SCHEMA"]
    return description.document()
