"""Checks that run before every ``before_request`` and ``before_websocket`` hook.

compat loads the user in a ``before_request`` hook that it keeps in front of all others, so a request that a later hook
refuses has cost a query by then. Quart has no earlier hook.

Written for Quart 0.22 and 0.23, of which it overrides two public methods. It saves one query for each request that is
refused. If Quart changes these methods or their arguments, ``tests/app/test_early_checks.py`` fails; if Quart gets
hooks with an order, use those instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from quart import Quart

Check = TypeVar("Check", bound=Callable[[], Awaitable[None]])


class EarlyChecks(Quart):
    """Quart with checks that run first, in the order of their registration, inside the context of the connection.

    A check refuses by raising: error handlers and ``after_request`` hooks run as for an error in any other hook.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._request_checks: list[Callable[[], Awaitable[None]]] = []
        self._websocket_checks: list[Callable[[], Awaitable[None]]] = []

    def early_request_check(self, check: Check) -> Check:
        """Run *check* for every request, before anybody's user is loaded. Usable as a decorator."""
        self._request_checks.append(check)
        return check

    def early_websocket_check(self, check: Check) -> Check:
        """Run *check* for every websocket, before anybody's user is loaded. Usable as a decorator."""
        self._websocket_checks.append(check)
        return check

    async def preprocess_request(self, *context: Any) -> Any:
        """Run the checks, then Quart's hooks."""
        for check in self._request_checks:
            await check()
        return await super().preprocess_request(*context)

    async def preprocess_websocket(self, *context: Any) -> Any:
        """Run the checks, then Quart's hooks."""
        for check in self._websocket_checks:
            await check()
        return await super().preprocess_websocket(*context)
