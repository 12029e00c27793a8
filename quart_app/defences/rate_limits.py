"""How many passwords a network address may send.

This slows down who tries one password on many names, of which no count of one name shows anything. It is no lock:
addresses are shared by many people, and one person may have many. ``accounts.throttle`` counts what is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import TYPE_CHECKING, Any

from quart import Quart, Response, request
from quart_rate_limiter import RateLimit, RateLimiter, RateLimitExceeded

from quart_app.operation.events import Event, record
from quart_app.settings import Settings

from .cross_site import SAFE_METHODS
from .rate_limit_memory import LocalStore

if TYPE_CHECKING:
    from .rate_limit_redis import SharedStore

_PASSWORDS_ARE_CHECKED = (
    "accounts.login",
    "accounts.reauthenticate",
    "account.password",
    "account.email",
    "account.delete",
    "api.log_in",
    "api.change_own_password",
)
_ACCOUNTS_ARE_MADE = ("accounts.register", "api.register")
_IPV6_NETWORK = 64  # bits: what a household gets, and can change the others of as it likes

_GROUPS = dict.fromkeys(_PASSWORDS_ARE_CHECKED, "passwords") | dict.fromkeys(_ACCOUNTS_ARE_MADE, "accounts")


class _FormLimits(RateLimiter):
    """Limits by what endpoints do, for requests that send something: all that check passwords have one count.

    The library's decorators would mark the views, which all applications share, with the limits of one, and would
    count pages that are only looked at. And it looks first and counts later, with time for others in between.
    """

    def __init__(self, limits: Mapping[str, RateLimit], store: LocalStore | SharedStore) -> None:
        super().__init__(key_function=client_network, store=store)
        self._limits = limits
        self._counts = store

    async def _before_request(self) -> None:
        if request.method not in SAFE_METHODS:
            await super()._before_request()

    async def _after_request(self, response: Response) -> Response:
        return response if request.method in SAFE_METHODS else await super()._after_request(response)

    def _get_limits_for_view_function(self, view_func: Callable[..., Any], blueprint: object) -> list[RateLimit]:
        limit = self._limits.get(request.endpoint or "")
        return [] if limit is None else [limit]

    async def _create_key(self, endpoint: str, rate_limit: RateLimit) -> str:
        return await super()._create_key(_GROUPS[endpoint], rate_limit)

    async def _raise_on_rejection(self, endpoint: str, rate_limits: list[RateLimit]) -> None:
        for limit in rate_limits:
            wait = await self._counts.take(await self._create_key(endpoint, limit), limit)
            if wait > 0:
                record(Event.THROTTLED)
                raise RateLimitExceeded(ceil(wait))

    async def _update_limits(self, endpoint: str, rate_limits: list[RateLimit]) -> None:
        """Nothing: what was let through has been counted."""


def init_app(app: Quart, settings: Settings) -> None:
    """Limit the requests to this application that have a password in them."""
    logins = RateLimit(settings.logins_per_minute, timedelta(minutes=1))
    registrations = RateLimit(settings.registrations_per_hour, timedelta(hours=1))
    limits = dict.fromkeys(_PASSWORDS_ARE_CHECKED, logins) | dict.fromkeys(_ACCOUNTS_ARE_MADE, registrations)
    _FormLimits(limits, _store(settings)).init_app(app, enabled=settings.address_limits)


async def client_network() -> str:
    """Whom a request is from, by its address; behind a proxy Hypercorn's ProxyFixMiddleware says which that is."""
    return network_of(request.remote_addr or "")


def network_of(address: str) -> str:
    """What is counted for an address: of IPv6 the network that one customer of a provider has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # not from a network, but from a test or a Unix socket
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed.packed, _IPV6_NETWORK), strict=False))


def _store(settings: Settings) -> LocalStore | SharedStore:
    if settings.redis_url is None:
        return LocalStore()
    from .rate_limit_redis import SharedStore  # Redis is an extra

    return SharedStore(settings.redis_url.get_secret_value())
