"""Checks that run before every ``before_request`` and ``before_websocket`` hook, some for requests of changes only.

compat loads the user in a ``before_request`` hook that it keeps in front of all others, so a request that a later hook
refuses has cost a query by then. Quart has no earlier hook. Nor has it one for the requests that may change something:
most requests only read, and skip the checks of changes.

Written for Quart 0.22 and 0.23, of which it overrides two public methods. It saves one query for each request that is
refused. If Quart changes these methods or their arguments, ``tests/app/test_early_checks.py`` fails; if Quart gets
hooks with an order, use those instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from quart import Quart

from .unproxied import current_request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing (RFC 9110, section 9.2.1)."""

Check = TypeVar("Check", bound=Callable[[], Awaitable[None]])


class EarlyChecks(Quart):
    """Quart with checks, which run in the order of their registration, inside the context of the connection.

    A check refuses by raising: error handlers and ``after_request`` hooks run as for an error in any other hook.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._request_checks: list[Callable[[], Awaitable[None]]] = []
        self._early_change_checks: list[Callable[[], Awaitable[None]]] = []
        self._websocket_checks: list[Callable[[], Awaitable[None]]] = []

    def early_request_check(self, check: Check) -> Check:
        """Run *check* for every request, before anybody's user is loaded. Usable as a decorator."""
        self._request_checks.append(check)
        return check

    def early_change_check(self, check: Check) -> Check:
        """Run *check* for every request whose method is not safe, after the early checks of all requests."""
        self._early_change_checks.append(check)
        return check

    def early_websocket_check(self, check: Check) -> Check:
        """Run *check* for every websocket, before anybody's user is loaded. Usable as a decorator."""
        self._websocket_checks.append(check)
        return check

    async def preprocess_request(self, *context: Any) -> Any:
        """Run the early checks, then Quart's hooks."""
        for check in self._request_checks:
            await check()
        if current_request().method not in SAFE_METHODS:
            for check in self._early_change_checks:
                await check()
        return await super().preprocess_request(*context)

    async def preprocess_websocket(self, *context: Any) -> Any:
        """Run the checks, then Quart's hooks."""
        for check in self._websocket_checks:
            await check()
        return await super().preprocess_websocket(*context)
