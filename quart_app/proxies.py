"""Who the client is, when there are proxies in between.

A client may send any header. What counts is what the proxies in front of us have written, and how many these are only
whoever runs them knows: nobody, unless the settings say otherwise. Hypercorn's middleware takes the entry that many
from the end.
"""

from __future__ import annotations

from typing import Any

from hypercorn.middleware import ProxyFixMiddleware

from .application import Application


def init_app(app: Application) -> None:
    """Take address, scheme and host from the proxies, before anything else looks at them."""
    settings = app.settings
    if settings.trusted_hops:
        served: Any = ProxyFixMiddleware(app.asgi_app, mode=settings.proxy_mode, trusted_hops=settings.trusted_hops)
        app.asgi_app = served  # type: ignore[method-assign] # Quart's own place for middleware
