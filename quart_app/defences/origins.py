"""Origins: scheme, host and port of a site (RFC 6454), which browsers send in ``Origin``."""

from __future__ import annotations

import re
from typing import NamedTuple

_DEFAULT_PORTS = {"http": 80, "https": 443}
_WEBSOCKET_SCHEMES = {"ws": "http", "wss": "https"}
#: What RFC 6454 (section 6.1) has browsers send: no path, and no user. A host in brackets is an IPv6 address.
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^][\s/\\?#@:]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


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
