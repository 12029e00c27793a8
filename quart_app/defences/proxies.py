"""The client's address, scheme and host, and the application's prefix, when requests come through trusted proxies.

A client may send any header, so only the entries that our own proxies added to it can be trusted. How many proxies
there are is a setting, ``TRUSTED_HOPS``, 0 by default. Hypercorn's middleware takes the entry at that place, counted
from the end.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Literal

from hypercorn.middleware import ProxyFixMiddleware
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

from quart_app.application import Application

from .prefixes import ForwardedPrefix

_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}
_MODERN = b"forwarded"
_LEGACY_FOR = b"x-forwarded-for"
_WARNING = (
    "A request from %s came through a proxy, but TRUSTED_HOPS is 0: all users behind it have one address, and "
    "share its limits. Set TRUSTED_HOPS to the number of proxies."
)
_LEGACY = frozenset({_LEGACY_FOR, b"x-forwarded-proto", b"x-forwarded-host"})


def init_app(app: Application) -> None:
    """Take address, scheme and host from the proxies, before any other code reads them."""
    settings = app.settings
    if settings.trusted_hops:
        inner: Any = _WebsocketScheme(app.asgi_app)
        if settings.proxy_mode == "legacy":  # Forwarded has no prefix (RFC 7239, section 5)
            inner = ForwardedPrefix(inner, settings.trusted_hops)
        served: Any = ProxyFixMiddleware(inner, mode=settings.proxy_mode, trusted_hops=settings.trusted_hops)
        app.asgi_app = PlainForwarding(served, settings.proxy_mode)  # type: ignore[method-assign] # Quart's own place
    elif settings.production:
        app.asgi_app = ProxyWarning(app)  # type: ignore[method-assign]


class _WebsocketScheme:
    """ASGI middleware that makes ``ws`` of ``http``: proxies name the scheme of the handshake, which is a request."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "websocket":
            scope["scheme"] = _WEBSOCKET_SCHEMES.get(scope["scheme"], scope["scheme"])  # of the middleware's own copy
        await self._app(scope, receive, send)


class PlainForwarding:
    """ASGI middleware that simplifies the headers of proxies for Hypercorn's middleware, which does not parse them.

    RFC 7239 quotes IPv6 addresses and allows ports, and some proxies write ports into ``X-Forwarded-For``, too; each
    port would make another address. And if ``Forwarded`` is missing, Hypercorn reads ``X-Forwarded-*``, which no proxy
    has written then, so these are removed, and the other way around.

    Arguments:
        app: Hypercorn's middleware.
        mode: the kind of headers that our proxies write.
    """

    def __init__(self, app: ASGIFramework, mode: Literal["legacy", "modern"]) -> None:
        self._app = app
        self._foreign = _LEGACY if mode == "modern" else frozenset({_MODERN})

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass on every request with simplified headers."""
        if scope["type"] != "lifespan":
            named = ((name.lower(), value) for name, value in scope["headers"])
            headers = [(name, _plain(name, value)) for name, value in named if name not in self._foreign]
            scope = {**scope, "headers": headers}  # type: ignore[assignment] # as it was, but for these
        await self._app(scope, receive, send)


class ProxyWarning:
    """ASGI middleware that warns once if a request came through a proxy although ``TRUSTED_HOPS`` is 0."""

    def __init__(self, app: Application) -> None:
        self._app = app.asgi_app
        self._log = app.logger
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass on every request unchanged."""
        if not self._has_warned and scope["type"] != "lifespan" and _met_a_proxy(scope):
            self._has_warned = True
            self._log.warning(_WARNING, (scope["client"] or ("a socket",))[0])
        await self._app(scope, receive, send)


def _met_a_proxy(scope: Any) -> bool:
    if not any(name.lower() in (_LEGACY_FOR, _MODERN) for name, _ in scope["headers"]):
        return False
    try:
        return ip_address(scope["client"][0]).is_private
    except (TypeError, ValueError):  # a Unix socket: only a proxy connects to it
        return True


def _plain(name: bytes, value: bytes) -> bytes:
    if name == _LEGACY_FOR:
        return b",".join(_address(entry) for entry in value.split(b","))
    if name == _MODERN:
        return b",".join(b";".join(map(_pair, entry.split(b";"))) for entry in value.split(b","))
    return value


def _pair(pair: bytes) -> bytes:
    name, _, value = pair.partition(b"=")
    name = name.strip().lower()
    return name + b"=" + (_address(value) if name == b"for" else _unquoted(value))


def _address(written: bytes) -> bytes:
    """An address without quotes, brackets and port; a name that stands for one (RFC 7239, 6.2, 6.3) as it is."""
    text = _unquoted(written)
    if text.startswith(b"["):
        return text[1:].partition(b"]")[0]
    return text.partition(b":")[0] if text.count(b":") == 1 else text


def _unquoted(written: bytes) -> bytes:
    return written.strip().strip(b'"')
