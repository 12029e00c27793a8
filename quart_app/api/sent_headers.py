"""The headers of the API's responses: which response has which, and their Header Objects.

Headers that every response of the site has, whatever it is, are not listed: Content-Type, Cache-Control, Vary, and the
security headers of ``defences/headers``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from quart_app.defences.rate_limits import limit_of

REFERENCE = "#/components/headers/"

_RATE_LIMIT = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_NOT_COUNTED = "It is missing where the request was not counted: refused before, or without such a limit."

#: By name. A header that is not ``required`` may be missing, and its description says when.
_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Limit": {
        "description": f"How many such requests an address may send at once. {_NOT_COUNTED}",
        "schema": {"type": "integer", "minimum": 1, "examples": [30]},
    },
    "RateLimit-Remaining": {
        "description": f"How many of them are left. {_NOT_COUNTED}",
        "schema": {"type": "integer", "minimum": 0, "examples": [29]},
    },
    "RateLimit-Reset": {
        "description": f"Seconds until all of them are left or, if none is, until the next is. {_NOT_COUNTED}",
        "schema": {"type": "integer", "minimum": 0, "examples": [2]},
    },
    "Retry-After": {
        "description": "Seconds to wait before the request is sent again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "examples": [2]},
    },
    "Set-Cookie": {
        "description": "The cookies of a login begin, are renewed, or end. It is missing where they stay as they are, "
        "and in responses to a bearer token.",
        "schema": {"type": "string", "examples": ["session=...; HttpOnly; Path=/; SameSite=Lax"]},
    },
    "WWW-Authenticate": {
        "description": "What is missing, or wrong with the token (RFC 6750).",
        "required": True,
        "schema": {"type": "string", "pattern": "^Bearer( |$)", "examples": ['Bearer error="invalid_token"']},
    },
    "X-Request-ID": {
        "description": "What the log of the server calls this request: the one that was sent, or a new one.",
        "required": True,
        "schema": {"type": "string", "examples": ["79899a5e736f4fc69d264a6a7df6ecd4"]},
    },
}


#: Problems of a request whose remember cookie has begun a login anew: the session cookie comes with them.
_AFTER_LOGIN = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)


def names_of(view: Any, status: HTTPStatus) -> Iterator[str]:
    """The names of the headers with which a view made by ``operation`` answers with this status."""
    if limit_of(view) is not None and status != HTTPStatus.SERVICE_UNAVAILABLE:
        yield from _RATE_LIMIT
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        yield "Retry-After"
    refused_cookies = view.needs_token and status == HTTPStatus.FORBIDDEN
    after_login = refused_cookies or (view.needs_login and status in _AFTER_LOGIN)
    if after_login or (view.sets_cookies and status < HTTPStatus.BAD_REQUEST):
        yield "Set-Cookie"
    if status == HTTPStatus.UNAUTHORIZED:
        yield "WWW-Authenticate"
    yield "X-Request-ID"


def references(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """These headers, as a response names them."""
    return {name: {"$ref": f"{REFERENCE}{name}"} for name in names}


def header_objects() -> dict[str, dict[str, Any]]:
    """All headers that responses name, for the components of the document."""
    return _HEADERS
