"""Quart with what it works out anew for each request kept. For any application.

- ``ensure_async``: Quart calls it for each hook, view, context processor and session method of a request, and each time
  ``asyncio.iscoroutinefunction`` makes eight calls to find out what the code object of the function has as a flag.
- ``url_for``: a page asks for the same eight addresses each time, and Werkzeug looks for the rule, and builds and
  quotes its parts, each time. The address of a fixed endpoint depends on nothing but its values and the path that the
  application is mounted at.
- ``blueprints``: Quart reads it four times for a page, and each time splits the endpoint into the name of the blueprint
  and those of its parents, by way of two more properties.
- ``make_response``: for each answer Quart-Schema asks its configuration five times how to convert models, and looks for
  one in what the view returned; then Quart looks for a tuple, a generator or a dictionary. Most views return text.

Written for Quart 0.22 and 0.23, Quart-Schema 0.24 and Werkzeug 3.1. It overrides public methods and properties, and
uses the flag by which a ``Map`` knows that rules were added: if that is renamed, every page fails in the tests. Without
this module everything works as before, more slowly; ``docs/recipes.md`` says by how much. If Quart remembers one of
these itself, remove that part.
"""

from __future__ import annotations

from functools import lru_cache
from inspect import CO_COROUTINE
from types import FunctionType, MethodType
from typing import Any

from quart import Quart, Request, Websocket
from quart.routing import QuartRule
from quart.wrappers import BaseRequestWebsocket

from .unproxied import current_request

_ADDRESSES_MAX = 1024
_LENGTH_MAX = 256  # characters of an address; longer ones have something in them that a client has sent

_Key = tuple[object, ...]


class QuickQuart(Quart):
    """Quart with addresses that are built once, and coroutine functions that are recognised at a glance."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses: dict[_Key, str] = {}

    def ensure_async(self, func: Any) -> Any:
        """The function itself if it is a coroutine function; otherwise one that runs it in a thread.

        Whatever is not a plain coroutine function, or a method that is one, is left to Quart.
        """
        plain = func.__func__ if type(func) is MethodType else func
        if type(plain) is FunctionType and plain.__code__.co_flags & CO_COROUTINE:
            return func
        return super().ensure_async(func)

    def url_for(self, endpoint: str, **values: Any) -> str:
        """The address of *endpoint*, with the arguments of Quart's own ``url_for``.

        Addresses with a host, of websockets and with options such as ``_anchor`` are built each time, as are those of
        applications with ``url_defaults`` functions, with ``SERVER_NAME``, or with subdomains or hosts in their rules.
        """
        key = self._key(endpoint, values)
        if key is None:
            return super().url_for(endpoint, **values)
        address = self._addresses.get(key)
        return address if address is not None else self._build(key, endpoint, values)

    def _key(self, endpoint: str, values: dict[str, Any]) -> _Key | None:
        """What the address depends on; None if it depends on more than that."""
        if self.url_default_functions or self.subdomain_matching or endpoint[:1] == ".":
            return None
        if self.config["SERVER_NAME"] is not None or self.url_map.host_matching:
            return None
        try:
            asked = current_request()
        except RuntimeError:  # a websocket, or neither
            return None
        for name, value in values.items():
            if type(value) is not str or name[0] == "_":  # 1 and True are the same key, and other addresses
                return None
        if self.url_map._remap:
            self._addresses.clear()
            return None
        return (endpoint, asked.root_path, asked.method, *values.items())

    def _build(self, key: _Key, endpoint: str, values: dict[str, Any]) -> str:
        address = super().url_for(endpoint, **values)
        if address[:1] == "/" and address[:2] != "//" and len(address) <= _LENGTH_MAX:  # no host in it
            if len(self._addresses) >= _ADDRESSES_MAX:
                self._addresses.clear()
            self._addresses[key] = address
        return address


def answer_text_at_once(app: Quart) -> None:
    """Make the response of a view that returns text at once. Call it after Quart-Schema is registered.

    Both replace the public method ``make_response`` of the application.
    """
    make_any_response = app.make_response

    async def make_response(result: Any) -> Any:
        return app.response_class(result) if type(result) is str else await make_any_response(result)

    app.make_response = make_response  # type: ignore[method-assign]  # as Quart-Schema does


@lru_cache(maxsize=1024)  # endpoints, which clients cannot invent
def _names_of(endpoint: str) -> tuple[str, ...]:
    """The name of the blueprint that an endpoint belongs to, and those of its parents, the innermost first."""
    parts = endpoint.split(".")[:-1]
    return tuple(".".join(parts[:length]) for length in range(len(parts), 0, -1))


class _BlueprintNames(BaseRequestWebsocket):
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
        names = () if rule is None else _names_of(rule.endpoint)
        return names[0] if names else None

    @property
    def blueprints(self) -> list[str]:
        """The names of the blueprint and of its parents, the innermost first."""
        rule: QuartRule | None = self.url_rule
        return [] if rule is None else [*_names_of(rule.endpoint)]


class QuickRequest(_BlueprintNames, Request):
    """Quart's request."""


class QuickWebsocket(_BlueprintNames, Websocket):
    """Quart's websocket."""
