"""Requests and websockets that look up the names of their blueprints instead of splitting their endpoint.

Quart reads ``blueprints`` four times for a page, and each time splits the endpoint into the name of the blueprint and
those of its parents, by way of two more properties.

Written for Quart 0.22 and 0.23, of whose requests and websockets it overrides three public properties, for any
application. If Quart remembers the names itself, remove this module.
"""

from __future__ import annotations

from functools import lru_cache

from quart import Request, Websocket
from quart.routing import QuartRule
from quart.wrappers import BaseRequestWebsocket


@lru_cache(maxsize=1024)  # endpoints, which clients cannot invent
def names_of(endpoint: str) -> tuple[str, ...]:
    """The name of the blueprint that an endpoint belongs to, and those of its parents, the innermost first."""
    parts = endpoint.split(".")[:-1]
    return tuple(".".join(parts[:length]) for length in range(len(parts), 0, -1))


class BlueprintNames(BaseRequestWebsocket):
    """The names for a request or websocket."""

    @property
    def endpoint(self) -> str | None:
        """The endpoint that the address belongs to; None if it is unknown."""
        rule: QuartRule | None = self.url_rule
        return None if rule is None else rule.endpoint

    @property
    def blueprint(self) -> str | None:
        """The name of the blueprint of the endpoint; None if it belongs to none."""
        rule: QuartRule | None = self.url_rule
        names = () if rule is None else names_of(rule.endpoint)
        return names[0] if names else None

    @property
    def blueprints(self) -> list[str]:
        """The names of the blueprint and of its parents, the innermost first."""
        rule: QuartRule | None = self.url_rule
        return [] if rule is None else [*names_of(rule.endpoint)]


class QuickRequest(BlueprintNames, Request):
    """Quart's request."""


class QuickWebsocket(BlueprintNames, Websocket):
    """Quart's websocket."""
