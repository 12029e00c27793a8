"""Refuses websockets, and requests that change something, if they come from another site, whatever token they have.

It leaves out those whose cookies were removed, because they have a bearer token or nothing (see ``other_origins``).

This is the second defence against cross-site request forgery; the first is the token of forms (see ``csrf``). Browsers
send where a request comes from, and a page cannot forge it: ``Sec-Fetch-Site`` (Fetch Metadata) and ``Origin`` (RFC
6454).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from quart import abort, request, websocket

from quart_app.application import Application
from quart_app.faces import is_token_only

_OUR_OWN = frozenset({"same-origin", "none"})  # "none": the user, by a bookmark or a reload
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WEBSOCKET_SCHEMES = {"ws": "http", "wss": "https"}
#: What RFC 6454 (section 6.1) has browsers send: no path, and no user. A host in brackets is an IPv6 address.
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^][\s/\\?#@:]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


def init_app(app: Application) -> None:
    """Refuse such requests to this application with 403, before a user is loaded."""

    @app.early_change_check
    async def refuse_cross_site_requests() -> None:
        is_from_another_site = is_cross_site(
            scheme=request.scheme,
            host=request.host,
            origin=request.headers.get("Origin"),
            fetch_site=request.headers.get("Sec-Fetch-Site"),
        )
        if is_from_another_site and not is_token_only(request):
            abort(403, "This request came from another site.")

    @app.early_websocket_check
    async def refuse_cross_site_websockets() -> None:
        # Any page may open a websocket to any site, with the cookies and without a form token. So Origin is the only
        # defence and is required (RFC 6455, section 10.2): browsers always send it, and other clients can send the
        # right one, or a bearer token instead of cookies. Without cookies as well it is a program that has no login,
        # which the view refuses.
        sent = websocket.headers
        origin = sent.get("Origin")
        if not (origin or sent.get("Cookie")) or is_own_origin(origin, scheme=websocket.scheme, host=websocket.host):
            return
        if not is_token_only(websocket):
            abort(403, "Send a bearer token instead of cookies, or cookies with the Origin of this site.")


def is_cross_site(*, scheme: str, host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Whether a browser says that another site made this request.

    ``Sec-Fetch-Site`` decides if it is sent: the browser itself has compared the two sites, and proxies that change the
    host do not matter. Older browsers, and all browsers without TLS, send ``Origin`` only. Other clients send neither;
    they act for themselves only, so there is no forgery.
    """
    if fetch_site is not None:
        return fetch_site not in _OUR_OWN
    return origin is not None and not is_own_origin(origin, scheme=scheme, host=host)


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int


def is_own_origin(origin: str | None, *, scheme: str, host: str) -> bool:
    """Whether an ``Origin`` header names the site that a request or a websocket was sent to.

    Schemes and hosts are compared without case, and a default port is the same as none. An https request has an https
    origin. An http request may have come over TLS to a proxy that did not tell, so its origin may have either scheme.

    Arguments:
        origin: the header; "null", which is a page without an origin, names no site.
        scheme: that of the request; behind trusted proxies the one that they name.
        host: the ``Host`` of the request, with its port; behind trusted proxies the one that they name.
    """
    if origin is None or (sent := _parse(origin)) is None:
        return False
    scheme = scheme.lower()
    is_secure = _WEBSOCKET_SCHEMES.get(scheme, scheme) == "https"
    return sent == _parse(f"{'https' if is_secure else sent.scheme}://{host}")


def _parse(text: str) -> _Origin | None:
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, port = found[1].lower(), found[2].lower(), found[3]
    return _Origin(scheme, host, _DEFAULT_PORTS[scheme] if port is None else int(port))
