"""``url_for`` that builds the address of a fixed endpoint once.

A page asks for the same eight addresses each time, and Werkzeug looks for the rule, and builds and quotes its parts,
each time. The address depends on nothing but the endpoint, its values and the path that the application is mounted at.

Addresses with a host, of websockets and with options such as ``_anchor`` are built each time, as are those of
applications with ``url_defaults`` functions, with ``SERVER_NAME``, or with subdomains or hosts in their rules.

Written for Quart 0.22 and 0.23 and Werkzeug 3.1, for any application. It overrides the public method ``url_for``, and
uses the flag by which a ``Map`` knows that rules were added. If that is renamed, every page fails in the tests; without
this module everything works as before, more slowly.
"""

from __future__ import annotations

from typing import Any

from quart import Quart

from .unproxied import current_request

_ADDRESSES_MAX = 1024
_LENGTH_MAX = 256  # characters of an address; longer ones have something in them that a client has sent

_Key = tuple[object, ...]


class QuickAddresses(Quart):
    """Quart with addresses that are built once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._addresses: dict[_Key, str] = {}

    def url_for(self, endpoint: str, **values: Any) -> str:
        """The address of *endpoint*, with the arguments of Quart's own ``url_for``."""
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
