"""Tells browsers which other origins may use the API (CORS, Fetch Standard, section 3.3), by ``API_ALLOWED_ORIGINS``.

Browsers let a page of another origin send JSON or a bearer token, and read the answer, only if these headers allow it.
None of them allows cookies (``Access-Control-Allow-Credentials``), and ``other_origins`` removes any that come.

Quart-CORS does the same for one dependency more, and its ``route_cors`` answers preflights with 500 on Quart 0.23.
``hosts`` answers in front of Quart, and uses the functions below.
"""

from __future__ import annotations

from quart import Response, request

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


#: What the answer to a preflight says, beside that the origin is allowed.
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
    "Access-Control-Max-Age": str(_MAX_AGE),
}


def allowing_headers(origin: str) -> dict[str, str]:
    """The headers by which a browser lets a page of this origin read an answer."""
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS)}


def is_preflight(method: str, requested_method: str | None) -> bool:
    """Whether a request asks if another may be sent, by ``Access-Control-Request-Method``; a program's does not."""
    return method == "OPTIONS" and requested_method is not None


def init_app(app: Application) -> None:
    """Answer preflights, and mark the answers to pages of the allowed origins. Without any, nothing is added."""
    allowed = frozenset(app.settings.api_allowed_origins)
    if not allowed:
        return

    @app.before_request
    async def answer_preflight() -> Response | None:
        if not is_for_api() or request.origin not in allowed:
            return None
        if not is_preflight(request.method, request.headers.get("Access-Control-Request-Method")):
            return None
        response = Response(status=204, headers=PREFLIGHT_HEADERS)
        del response.headers["Content-Type"]
        return response

    @app.after_request
    async def allow_the_origin(response: Response) -> Response:
        if is_for_api():
            response.vary.add("Origin")
            if request.origin in allowed:
                response.headers.update(allowing_headers(request.origin))
        return response
