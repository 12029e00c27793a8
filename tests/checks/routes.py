"""All URLs of the application, so that a check also covers those that are added later."""

from __future__ import annotations

import re
from uuid import UUID

from quart_app.application import Application

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def addresses(app: Application) -> list[str]:
    """All URLs that accept GET, without static files and websockets."""
    return [path for method, path in _routes(app) if method == "GET"]


def changes(app: Application) -> list[tuple[str, str]]:
    """All methods and URLs that change something."""
    return [(method, path) for method, path in _routes(app) if method not in SAFE_METHODS]


def _routes(app: Application) -> list[tuple[str, str]]:
    return [
        (method, re.sub(r"<uuid:[^>]*>", str(UUID(int=1)), rule.rule))
        for rule in app.url_map.iter_rules()
        if not rule.websocket and rule.endpoint != "static"
        for method in sorted(rule.methods or ())
    ]
