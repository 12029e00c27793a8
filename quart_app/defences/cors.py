"""Tells browsers which other origins may use the API (CORS, Fetch Standard, section 3.3), by ``API_ALLOWED_ORIGINS``.

Browsers let a page of another origin send JSON or a bearer token, and read the answer, only if these headers allow it.
None of them allows cookies (``Access-Control-Allow-Credentials``), and ``other_origins`` removes any that come.

The headers are set by Werkzeug's own attributes of a response. Quart-CORS does the same for one dependency more, and
its ``route_cors`` answers preflights with 500 on Quart 0.23.
"""

from __future__ import annotations

from quart import Response, request
from werkzeug.datastructures import HeaderSet

from quart_app.application import Application
from quart_app.faces import is_for_api

#: The methods of the API. A browser asks for one URL, and gets them all: what a URL does not take is 405 then.
METHODS = ("DELETE", "GET", "HEAD", "POST", "PUT")
#: What pages may send, beside the headers that each page may (Fetch Standard, "CORS-safelisted request-header").
REQUEST_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Prefer", "X-Request-ID")
#: What pages may read, beside the headers that each page may.
EXPOSED_HEADERS = (
    "ETag",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)
_MAX_AGE = 600  # seconds for which browsers keep the answer to a preflight: a removed origin is refused after that


def init_app(app: Application) -> None:
    """Answer preflights, and mark the answers to pages of the allowed origins. Without any, nothing is added."""
    allowed = frozenset(app.settings.api_allowed_origins)
    if not allowed:
        return

    @app.before_request
    async def answer_preflight() -> Response | None:
        if not is_for_api() or request.method != "OPTIONS" or request.origin not in allowed:
            return None
        if "Access-Control-Request-Method" not in request.headers:
            return None  # OPTIONS of a program
        response = Response(status=204)
        del response.headers["Content-Type"]
        response.access_control_allow_methods = HeaderSet(METHODS)
        response.access_control_allow_headers = HeaderSet(REQUEST_HEADERS)
        response.access_control_max_age = _MAX_AGE
        return response

    @app.after_request
    async def allow_the_origin(response: Response) -> Response:
        if is_for_api():
            response.vary.add("Origin")
            if request.origin in allowed:
                response.access_control_allow_origin = request.origin
                response.access_control_expose_headers = HeaderSet(EXPOSED_HEADERS)
        return response
