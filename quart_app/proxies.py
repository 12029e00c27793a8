"""Who the client is, when there are proxies in between.

A client may send any header. What counts is what the proxies in front of us have written, and how many these are only
whoever runs them knows: nobody, unless the settings say otherwise. Hypercorn's middleware takes the entry that many
from the end.
"""

from __future__ import annotations

from typing import Any

from hypercorn.middleware import ProxyFixMiddleware
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from .application import Application

_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}


def init_app(app: Application) -> None:
    """Take address, scheme and host from the proxies, before anything else looks at them."""
    settings = app.settings
    if settings.trusted_hops:
        inner: Any = _WebsocketScheme(app.asgi_app)
        served: Any = ProxyFixMiddleware(inner, mode=settings.proxy_mode, trusted_hops=settings.trusted_hops)
        app.asgi_app = served  # type: ignore[method-assign] # Quart's own place for middleware


class _WebsocketScheme:
    """Proxies tell the scheme of the handshake, which is a request: "https". No rule for websockets matches that."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "websocket":
            scope["scheme"] = _WEBSOCKET_SCHEMES.get(scope["scheme"], scope["scheme"])  # of the middleware's own copy
        await self._app(scope, receive, send)
