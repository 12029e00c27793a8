"""Refuses websockets, and requests that change something, if they come from another site, whatever token they have.

This is the second defence against cross-site request forgery; the first is the token of forms (see ``csrf``). Browsers
send where a request comes from, and a page cannot forge it: ``Sec-Fetch-Site`` (Fetch Metadata) and ``Origin`` (RFC
6454).
"""

from __future__ import annotations

from quart import abort, request, websocket

from quart_app.application import Application

from .origins import is_own_origin

#: The methods that change nothing (RFC 9110, section 9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_OWN = frozenset({"same-origin", "none"})  # "none": the user, by a bookmark or a reload


def init_app(app: Application) -> None:
    """Refuse such requests to this application with 403, before a user is loaded."""

    @app.early_request_check
    async def refuse_cross_site_requests() -> None:
        if request.method not in SAFE_METHODS and is_cross_site(
            scheme=request.scheme,
            host=request.host,
            origin=request.headers.get("Origin"),
            fetch_site=request.headers.get("Sec-Fetch-Site"),
        ):
            abort(403, "This request came from another site.")

    @app.early_websocket_check
    async def refuse_cross_site_websockets() -> None:
        # Any page may open a websocket to any site, with the cookies and without a form token. So Origin is the only
        # defence and is required (RFC 6455, section 10.2): browsers always send it, and other clients can send the
        # right one. (With a bearer token instead of cookies there is no forgery, so an application that accepts tokens
        # for websockets may skip this check for them.)
        if not is_own_origin(websocket.headers.get("Origin"), scheme=websocket.scheme, host=websocket.host):
            abort(403, "This websocket was opened by another site.")


def is_cross_site(*, scheme: str, host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a browser says that another site made this request.

    ``Sec-Fetch-Site`` decides if it is sent: the browser itself has compared the two sites, and proxies that change the
    host do not matter. Older browsers, and all browsers without TLS, send ``Origin`` only. Other clients send neither;
    they act for themselves only, so there is no forgery.
    """
    if fetch_site is not None:
        return fetch_site not in _OUR_OWN
    return origin is not None and not is_own_origin(origin, scheme=scheme, host=host)
