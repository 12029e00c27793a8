"""Refuse changing requests, and websockets, that come from another site, whatever token they have.

The token of a form is the defence; this is the second one. Browsers say where a request comes from, and
a page cannot make them say otherwise: ``Sec-Fetch-Site`` (Fetch Metadata) and ``Origin`` (RFC 6454).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from quart import abort, request, websocket

from quart_app.application import Application

#: The methods that change nothing (RFC 9110, section 9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_OWN = frozenset({"same-origin", "none"})  # "none": the user, by a bookmark or a reload


def init_app(app: Application) -> None:
    """Refuse them in this application with 403, before a user is loaded."""

    @app.early_request_check
    async def refuse_cross_site_requests() -> None:
        if request.method not in SAFE_METHODS and is_cross_site(
            host=request.host,
            origin=request.headers.get("Origin"),
            fetch_site=request.headers.get("Sec-Fetch-Site"),
        ):
            abort(403, "This request came from another site.")

    @app.early_websocket_check
    async def refuse_cross_site_websockets() -> None:
        if not is_own_origin(host=websocket.host, origin=websocket.headers.get("Origin")):
            abort(403, "This websocket was opened by another site.")


def is_cross_site(*, host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a browser says that another site made this request.

    ``Sec-Fetch-Site`` decides where there is one: the browser itself has compared the two, and knows nothing of
    proxies that change the host on the way. Older ones, and all of them without TLS, send ``Origin`` alone.
    Clients that are no browsers send neither, and forge nothing for anybody.
    """
    if fetch_site is not None:
        return fetch_site not in _OUR_OWN
    return origin is not None and _host_of(origin) != host


def is_own_origin(*, host: str, origin: str | None) -> bool:
    """Whether a websocket is opened by a page of ours (RFC 6455, section 10.2).

    Any page may open one to any site, cookies come along, and no form token is asked for, so here ``Origin`` is the
    defence and has to be there: browsers always send it. "null" is a page without an origin, and not of ours.
    A client that is no browser can say where it connects to. (One that has no cookies, but a bearer token, forges
    nothing for anybody: whoever lets such tokens open websockets can let it pass here without.)
    """
    return origin is not None and origin.startswith(("https://", "http://")) and _host_of(origin) == host


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
