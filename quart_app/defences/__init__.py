"""What every answer of the application has in common, whoever made it."""

from __future__ import annotations

from quart_app.application import Application

from . import cookies, cross_site, headers, websockets


def init_app(app: Application) -> None:
    """Add all of them."""
    headers.init_app(app)
    cookies.init_app(app)
    cross_site.init_app(app)
    websockets.init_app(app)
