"""What every answer of the application has in common, whoever made it."""

from __future__ import annotations

from quart_app.application import Application
from quart_app.framework import websocket_backpressure

from . import cookies, cross_site, headers


def init_app(app: Application) -> None:
    """Add all of them."""
    headers.init_app(app)
    cookies.init_app(app)
    cross_site.init_app(app)
    websocket_backpressure.init_app(app)
