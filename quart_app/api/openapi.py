"""The OpenAPI 3.1 document of the API, made by Quart-Schema from the operations."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from quart import Quart, Response, current_app, request
from quart_schema import APIKeySecurityScheme, HttpSecurityScheme, Info, QuartSchema, Tag, hide
from werkzeug.routing.converters import BaseConverter

from quart_app.errors.problems import PROBLEM_JSON
from quart_app.faces import API
from quart_app.framework.openapi_provider import BlueprintProvider

from . import sent_headers
from .blueprint import blueprint
from .body import JSON
from .description_body import DescriptionBody
from .operations import ACCOUNT, BEARER, COOKIE, INDEX, REMEMBERED, SESSIONS

_INFO = Info(
    title="Microblog API",
    version="1",
    description=(
        "Requests and responses are JSON in UTF-8. Errors are problem details (RFC 9457). "
        "Unknown fields are ignored, or refused with `Prefer: handling=strict`. "
        "Pages of other origins that the operator allows (CORS) use bearer tokens; their cookies are ignored. "
        "The websocket that tells who is online is described beside this document, in asyncapi.json (AsyncAPI 3)."
    ),
)

#: What Quart-Schema 0.25 would write with ``"url": null`` and the like, which OpenAPI forbids.
_MORE_INFO = {
    "contact": {"name": "The operator of this server"},
    "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
}

_STATUS_WORDS = {
    HTTPStatus.OK: "The requested data.",
    HTTPStatus.CREATED: "Done.",
    HTTPStatus.ACCEPTED: "Accepted: a mail is sent soon, if there is one to send.",
    HTTPStatus.NO_CONTENT: "Done.",
    HTTPStatus.BAD_REQUEST: "Fields or parameters are missing or wrong, the body is not a JSON object, or a "
    "token comes with the cookies of a login.",
    HTTPStatus.UNAUTHORIZED: "The request has no login, or not the kind that is needed.",
    HTTPStatus.FORBIDDEN: "Refused: a request from another site, a wrong password, or cookies requested with a token.",
    HTTPStatus.NOT_FOUND: "It does not exist, or belongs to another user.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "It is taken by another user. Or the same request, with an `Idempotency-Key`, is running.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: f"The body is not {JSON}, or is compressed.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "It cannot be handled as the headers demand: see the type of the problem.",
    HTTPStatus.TOO_MANY_REQUESTS: "A limit was reached: the type tells which, Retry-After when to try again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "An error of the server. It has been recorded.",
}
_PATH_PARAMETERS = {"session_id": "The `id` of a login, as the list of logins has it."}


class _Provider(BlueprintProvider):
    """Adds descriptions and headers of the responses, problem details for errors, and descriptions of parameters."""

    blueprint_name = blueprint.name
    server_path = API

    def schema(self) -> dict[str, Any]:
        document = super().schema()
        document["info"] |= _MORE_INFO
        document["components"]["headers"] = sent_headers.header_objects()
        return document

    def describe_response(self, view: Any, status: HTTPStatus, response: dict[str, Any]) -> dict[str, Any]:
        text = view.response_texts.get(status) or _STATUS_WORDS[status]
        described = {**response, "description": text, "headers": sent_headers.references(view, status)}
        if status >= HTTPStatus.BAD_REQUEST:
            described["content"] = {PROBLEM_JSON: response["content"][JSON]}
        return described

    def build_path_parameter(self, name: str, converter: BaseConverter) -> dict[str, Any]:
        parameter = super().build_path_parameter(name, converter)
        return {**parameter, "description": _PATH_PARAMETERS[name]}


class Description(QuartSchema):
    """The OpenAPI document of one application."""

    openapi_provider_class = _Provider
    _document: dict[str, Any] | None = None
    _body: tuple[str, DescriptionBody] | None = None

    async def document(self) -> dict[str, Any]:
        """The OpenAPI document. The first request for it makes it, in a thread, because that takes 50 ms and more."""
        if self._document is None:
            self._document = await asyncio.to_thread(self.openapi_provider.schema)
        return self._document

    async def body(self, mount: str) -> DescriptionBody:
        """The document for one mount of the application, which it names in ``servers``. The last one is kept."""
        if self._body is None or self._body[0] != mount:
            server = {"url": f"{mount}{API}", "description": "The server that sent this document."}
            document = {**await self.document(), "servers": [server]}
            self._body = mount, DescriptionBody(json.dumps(document))
        return self._body[1]


def init_app(app: Quart) -> None:
    """Describe the API of an application. Quart-Schema's own pages load foreign scripts, and are left out."""
    Description(
        app,
        openapi_path=None,
        info=_INFO,
        tags=[
            # In alphabetical order, as Spectral asks.
            Tag(ACCOUNT, description="Register, see, change and delete your account."),
            Tag(INDEX, description="Find the rest."),
            Tag(SESSIONS, description="Log in, list and end logins, renew a token."),
        ],
        security_schemes={
            BEARER: HttpSecurityScheme(scheme="bearer"),
            COOKIE: APIKeySecurityScheme(name=app.config["SESSION_COOKIE_NAME"], in_="cookie"),
            REMEMBERED: APIKeySecurityScheme(name=app.config["REMEMBER_COOKIE_NAME"], in_="cookie"),
        },
    )


@blueprint.get("/openapi.json")
@hide
async def openapi() -> Response:
    """The OpenAPI document, for this mount of the application: ``servers`` depends on the request.

    The server's URL is relative, so it is right for each name and scheme by which the document is requested. It is not
    ``/``: clients put the URL and a path together, and ``//v1/me`` would be the page ``/me`` of a host ``v1``.
    """
    return await (await _description(current_app).body(request.root_path)).respond_to(request)


async def described_api(app: Quart) -> dict[str, Any]:
    """The OpenAPI document of an application, without the URL at which it is mounted."""
    return await _description(app).document()


def _description(app: Quart) -> Description:
    description: Description = app.extensions["QUART_SCHEMA"]
    return description
