"""Who the client is, when there are proxies in between.

A client may send any header. What counts is what the proxies in front of us have written, and how many these are only
whoever runs them knows: nobody, unless the settings say otherwise. Hypercorn's middleware takes the entry that many
from the end.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Literal

from hypercorn.middleware import ProxyFixMiddleware
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

from quart_app.application import Application

_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}
_MODERN = b"forwarded"
_LEGACY_FOR = b"x-forwarded-for"
_WARNING = (
    "A request from %s came through a proxy, and TRUSTED_HOPS is 0: all users behind it have one address, and "
    "share its limits. Set TRUSTED_HOPS to the number of proxies."
)
_LEGACY = frozenset({_LEGACY_FOR, b"x-forwarded-proto", b"x-forwarded-host"})


def init_app(app: Application) -> None:
    """Take address, scheme and host from the proxies, before anything else looks at them."""
    settings = app.settings
    if settings.trusted_hops:
        inner: Any = _WebsocketScheme(app.asgi_app)
        served: Any = ProxyFixMiddleware(inner, mode=settings.proxy_mode, trusted_hops=settings.trusted_hops)
        app.asgi_app = PlainForwarding(served, settings.proxy_mode)  # type: ignore[method-assign] # Quart's own place
    elif settings.production:
        app.asgi_app = ProxyWarning(app)  # type: ignore[method-assign]


class _WebsocketScheme:
    """Proxies tell the scheme of the handshake, which is a request: "https". No rule for websockets matches that."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "websocket":
            scope["scheme"] = _WEBSOCKET_SCHEMES.get(scope["scheme"], scope["scheme"])  # of the middleware's own copy
        await self._app(scope, receive, send)


class PlainForwarding:
    """ASGI middleware in front of Hypercorn's, which hands on what stands in a header as it is.

    RFC 7239 quotes IPv6 addresses and allows ports, as some proxies write them into ``X-Forwarded-For``, too; each
    would be an address of its own. And where a ``Forwarded`` is missing, Hypercorn takes the headers of the other kind,
    which no proxy has written: nobody is shown those.

    Arguments:
        app: Hypercorn's middleware.
        mode: the kind of headers that our proxies write.
    """

    def __init__(self, app: ASGIFramework, mode: Literal["legacy", "modern"]) -> None:
        self._app = app
        self._foreign = _LEGACY if mode == "modern" else frozenset({_MODERN})

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass on every request, its headers made plain."""
        if scope["type"] != "lifespan":
            named = ((name.lower(), value) for name, value in scope["headers"])
            headers = [(name, _plain(name, value)) for name, value in named if name not in self._foreign]
            scope = {**scope, "headers": headers}  # type: ignore[assignment] # as it was, but for these
        await self._app(scope, receive, send)


class ProxyWarning:
    """ASGI middleware for where no proxy is known: says so once when a request from our own network has met one."""

    def __init__(self, app: Application) -> None:
        self._app = app.asgi_app
        self._log = app.logger
        self._is_said = False

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass on every request as it is."""
        if not self._is_said and scope["type"] != "lifespan" and _met_a_proxy(scope):
            self._is_said = True
            self._log.warning(_WARNING, (scope["client"] or ("a socket",))[0])
        await self._app(scope, receive, send)


def _met_a_proxy(scope: Any) -> bool:
    if not any(name.lower() in (_LEGACY_FOR, _MODERN) for name, _ in scope["headers"]):
        return False
    try:
        return ip_address(scope["client"][0]).is_private
    except (TypeError, ValueError):  # a Unix socket, at which nobody but a proxy is
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
