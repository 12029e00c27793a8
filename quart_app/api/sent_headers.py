"""Which response of the API has which headers, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from quart_app.defences.rate_limits import limit_of

from .headers import (
    LINK,
    LOCATION,
    PREFERENCE_APPLIED,
    RATE_LIMIT,
    RETRY_AFTER,
    RETRY_AFTER_IF_RUNNING,
    SET_COOKIE,
    WWW_AUTHENTICATE,
    X_REQUEST_ID,
    Header,
)

REFERENCE = "#/components/headers/"

_ALL = (
    *(LINK, LOCATION, PREFERENCE_APPLIED, *RATE_LIMIT, RETRY_AFTER, RETRY_AFTER_IF_RUNNING),
    *(SET_COOKIE, WWW_AUTHENTICATE, X_REQUEST_ID),
)

#: Problems of a request whose remember cookie has begun a login anew: the session cookie comes with them.
_AFTER_LOGIN = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)


def references(view: Any, status: HTTPStatus) -> dict[str, dict[str, str]]:
    """The headers with which a view made by ``operation`` answers with this status, by name, as references."""
    return {header.name: {"$ref": f"{REFERENCE}{header.component}"} for header in _headers_of(view, status)}


def header_objects() -> dict[str, dict[str, Any]]:
    """All headers that responses refer to, for the components of the document."""
    return {header.component: header.as_response_header() for header in _ALL}


def _headers_of(view: Any, status: HTTPStatus) -> Iterator[Header]:
    yield from view.sends.get(status, ())
    if limit_of(view) is not None and status != HTTPStatus.SERVICE_UNAVAILABLE:
        yield from RATE_LIMIT
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        yield RETRY_AFTER
    refused_cookies = view.needs_token and status == HTTPStatus.FORBIDDEN
    after_login = refused_cookies or (view.needs_login and status in _AFTER_LOGIN)
    if after_login or (view.sets_cookies and status < HTTPStatus.BAD_REQUEST):
        yield SET_COOKIE
    if status == HTTPStatus.UNAUTHORIZED:
        yield WWW_AUTHENTICATE
    yield X_REQUEST_ID
