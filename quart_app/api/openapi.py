"""The description of the API for programs: OpenAPI 3.1, made by Quart-Schema out of the operations themselves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from quart import Quart, Response, current_app
from quart_schema import APIKeySecurityScheme, HttpSecurityScheme, Info, QuartSchema, Tag, hide

from quart_app.errors.problems import PROBLEM_JSON
from quart_app.framework.openapi_provider import BlueprintProvider

from .blueprint import blueprint
from .body import JSON
from .operations import ACCOUNT, BEARER, COOKIE, SESSIONS

_INFO = Info(
    title="Microblog API",
    version="1",
    description=(
        "Requests and answers are JSON in UTF-8. What goes wrong is answered with a problem (RFC 9457). "
        "Fields that an operation does not know are ignored."
    ),
)

_STATUS_WORDS = {
    HTTPStatus.OK: "Here it is.",
    HTTPStatus.CREATED: "Done.",
    HTTPStatus.NO_CONTENT: "Done; there is nothing to say.",
    HTTPStatus.BAD_REQUEST: "What was sent is damaged, or no JSON object, or its fields are missing or wrong.",
    HTTPStatus.UNAUTHORIZED: "Nobody is logged in by what was sent, or not by what this needs.",
    HTTPStatus.FORBIDDEN: "Refused: a request of another site, a wrong password, or a token that asks for cookies.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or it is somebody else's.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "Somebody has it already.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: f"The body is not {JSON}.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many attempts. Retry-After says when to come back.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The mistake is ours. It has been recorded.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now. Retry-After says when to come back; look then what was changed.",
}
_RESPONSE_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "What is missing, or wrong with the token (RFC 6750)."},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "Seconds."},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "Seconds."},
}


class _Provider(BlueprintProvider):
    """Describes the operations of the API, with the words and headers of its answers, and problems for errors."""

    blueprint_name = blueprint.name

    def describe_response(self, status: HTTPStatus, response: dict[str, Any]) -> dict[str, Any]:
        described = {**response, "description": _STATUS_WORDS[status]}
        if status >= HTTPStatus.BAD_REQUEST:
            described["content"] = {PROBLEM_JSON: response["content"][JSON]}
        if status in _RESPONSE_HEADERS:
            described["headers"] = {
                name: {"description": words, "schema": {"type": "string"}}
                for name, words in _RESPONSE_HEADERS[status].items()
            }
        return described


class Description(QuartSchema):
    """The description of one application's API."""

    openapi_provider_class = _Provider
    _document: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """The OpenAPI document. It is made once: by a worker before it serves, as it takes 50 ms and more."""
        if self._document is None:
            self._document = self.openapi_provider.schema()
        return self._document


def init_app(app: Quart) -> None:
    """Describe the API of an application. Quart-Schema's own pages, which load scripts from elsewhere, are left out."""
    Description(
        app,
        openapi_path=None,
        info=_INFO,
        tags=[
            Tag(ACCOUNT, description="Register, see one's own account, change its password."),
            Tag(SESSIONS, description="Log in, see where one is logged in, log out."),
        ],
        security_schemes={
            BEARER: HttpSecurityScheme(scheme="bearer"),
            COOKIE: APIKeySecurityScheme(name=app.config["SESSION_COOKIE_NAME"], in_="cookie"),
        },
    )


@blueprint.get("/openapi.json")
@hide
async def openapi() -> Response:
    """The OpenAPI document."""
    return Response(current_app.json.dumps(described_api(current_app)), content_type=JSON)


def described_api(app: Quart) -> dict[str, Any]:
    """The OpenAPI document of an application."""
    description: Description = app.extensions["QUART_SCHEMA"]
    return description.document()
