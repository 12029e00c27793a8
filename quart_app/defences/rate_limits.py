"""Limits how many passwords a network address may send, and mails it may ask for; views declare it.

This slows down an attacker who tries one password on many names (password spraying), which the count of one name does
not detect. It stops nobody for good: many people share an address, and one person may have many. ``accounts.throttle``
counts the guesses at one account.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from quart import after_this_request, request
from quart.typing import ResponseTypes

from quart_app.application import Application
from quart_app.errors.problems import ADDRESS_LIMITED, LimitReached
from quart_app.operation.events import Event, record
from quart_app.settings import Settings

from .rate import LocalStore, Outcome, Rate, Store

View = TypeVar("View", bound=Callable[..., Awaitable[Any]])

_IPV6_NETWORK = 64  # bits: what a provider gives one household, which may use any address in it
_MARK = "address_limit"  # an attribute of views

_UNREADABLE = frozenset({400, 408, 413, 415, 422})
"""Statuses by which views say that they have read no valid input, and so checked no password and created nothing."""


class Limit(StrEnum):
    """A limit for each address. All views with the same one share a count."""

    PASSWORDS = "passwords"
    REGISTRATIONS = "accounts"
    MAILS = "mails"


def limited(limit: Limit) -> Callable[[View], View]:
    """Declare that requests to a view that change something count against *limit*.

    Use it next to the route, above all other decorators. It only marks the view: each application has its own rates
    and counts.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, limit)
        return view

    return mark


def limit_of(view: Callable[..., Any] | None) -> Limit | None:
    """The limit that a view declares."""
    limit: Limit | None = getattr(view, _MARK, None)
    return limit


class _Counted(NamedTuple):
    """What a request was counted against, and when by the monotonic clock."""

    limit: Limit
    outcome: Outcome
    at: float


def init_app(app: Application, settings: Settings) -> None:
    """Answer 429 to requests above the limit of their view, before a user is loaded.

    Responses to counted and refused requests say how many more are allowed (``RateLimit-*``), unless they name the time
    of another limit in ``Retry-After``.

    A request whose body cannot be used is given back, because no password was checked for it. An address has as many of
    these in a minute as it has passwords; further ones are counted like passwords, so that a flood of them ends, too.
    """
    if not settings.address_limits:
        return
    store = _open_store(settings)
    rates = {
        Limit.PASSWORDS: Rate(settings.logins_per_minute, 60.0),
        Limit.REGISTRATIONS: Rate(settings.registrations_per_hour, 3600.0),
        Limit.MAILS: Rate(settings.mails_per_hour, 3600.0),
    }
    prefixes = {limit: f"{app.import_name}-{limit}-{rate.key}" for limit, rate in rates.items()}
    unreadable = Rate(settings.logins_per_minute, 60.0)

    @app.early_change_check
    async def refuse_too_many() -> None:
        rule = request.url_rule
        limit = None if rule is None else limit_of(app.view_functions.get(rule.endpoint))
        if limit is None:
            return
        rate = rates[limit]
        outcome = await store.take(f"{prefixes[limit]}-{_network()}", rate)
        if outcome is None:  # the store is unavailable
            return
        if outcome.wait:
            record(Event.THROTTLED, limit=ADDRESS_LIMITED.name)
            raise LimitReached(ADDRESS_LIMITED, retry_after=outcome.retry_after, limit=rate.count)
        counted = _Counted(limit, outcome, monotonic())

        @after_this_request
        async def add_limit_headers(response: ResponseTypes) -> ResponseTypes:
            if "Retry-After" not in response.headers:
                is_unreadable = response.status_code in _UNREADABLE
                last = await give_back(counted) if is_unreadable else counted
                response.headers.update(last.outcome.headers)
            return response

    async def give_back(counted: _Counted) -> _Counted:
        limit, outcome, at = counted
        instead = await store.take(f"{app.import_name}-unreadable-{unreadable.key}-{_network()}", unreadable)
        if instead is None or instead.wait:
            return counted
        outcome, seconds = outcome.given_back(monotonic() - at)
        await store.give_back(f"{prefixes[limit]}-{_network()}", seconds)
        return counted._replace(outcome=outcome)

    app.after_serving(store.close)


def _network() -> str:
    return network_of(request.remote_addr or "")


def network_of(address: str) -> str:
    """The network that is counted for an address: for IPv6 the /64 that one customer of a provider has.

    Behind a proxy, Hypercorn's ProxyFixMiddleware has put the client's address into the request.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # a test's, or that of a Unix socket
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed.packed, _IPV6_NETWORK), strict=False))


def _open_store(settings: Settings) -> Store:
    if settings.redis_url is None:
        return LocalStore()
    from .rate_limit_redis import SharedStore  # redis is an optional dependency

    return SharedStore(settings.redis_url.get_secret_value())
