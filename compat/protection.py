"""Session protection: is this the client that logged in?

A client's identifier is a hash of its address and User-Agent, computed at login and again at each request. This
module decides and writes nothing.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import lru_cache
from hashlib import sha512
from ipaddress import IPv4Address, ip_address
from typing import Any

from quart import Request, Websocket, current_app, has_request_context, request, websocket
from quart.sessions import SessionMixin

from .errors import ConfigurationError
from .login_session import IDENTIFIER

#: The values of ``SESSION_IDENTIFIER``, in the order of ``hash_client``.
_FORMS = ("flask-login-0.6", "flask-login-0.7")

#: Longer User-Agents are hashed each time; their hashes are not cached.
_LONGEST_CACHED = 512


_MODES = ("basic", "strong")


class Verdict(Enum):
    """What session protection decides about a login."""

    KEEP = auto()
    MARK_STALE = auto()
    DROP = auto()


#: The members as names of this module: in Python 3.11 an attribute of an Enum class costs more than a global.
KEEP, MARK_STALE, DROP = Verdict


def protect(
    session: SessionMixin, connection: Request | Websocket, mode: object, generator: Callable[[], str]
) -> Verdict:
    """Decide about the login in *session*: does its identifier belong to the client behind *connection*?

    A permanent session is never dropped, as in Flask-Login: ``"strong"`` acts like ``"basic"`` on it.

    Args:
        session: the session with the login; not an empty one.
        connection: the current request or websocket.
        mode: ``"basic"`` or ``"strong"``; None protects nothing.
        generator: the LoginManager's ``_session_identifier_generator``.

    Raises:
        ConfigurationError: *mode* is something else.
    """
    if mode not in _MODES:
        check_mode(mode)
        return KEEP
    identifier = session.get(IDENTIFIER)
    if identifier in identifiers(connection, generator):
        return KEEP
    if generator is create_identifier and identifier in _identifiers_of_other_form(connection):
        return KEEP
    return DROP if mode == "strong" and not session.permanent else MARK_STALE


def check_mode(mode: object) -> None:
    """Check a value of ``SESSION_PROTECTION``: a wrong one must not switch the protection off.

    Raises:
        ConfigurationError: it is neither a mode nor one of None, False and the empty text, which protect nothing.
    """
    if mode and mode not in _MODES:
        raise ConfigurationError(
            "SESSION_PROTECTION", mode, "use 'basic', 'strong' or None (Quart-Session has a setting of this name)"
        )


def identifiers(connection: Request | Websocket, generator: Callable[[], str]) -> tuple[str, ...]:
    """The identifiers that a session of this client may hold, in the order of ``SESSION_IDENTIFIER``'s values.

    By default they are Flask-Login 0.6.3's and that of its main branch. An application's own *generator* gives one.

    The address is ``remote_addr`` alone, because any client can write ``X-Forwarded-For``. Behind a proxy use
    Hypercorn's ProxyFixMiddleware, which trusts only the hops it is configured for.
    """
    if generator is not create_identifier:
        return (generator(),)
    for name, agent in connection.headers:
        if name == "User-Agent":  # as Quart spells it; headers.get() costs three times as much
            return _hashes(connection.remote_addr, agent)
    return _hashes(connection.remote_addr, connection.headers.get("User-Agent"))


def identifier_to_write(
    connection: Request | Websocket, generator: Callable[[], str], config: Mapping[str, Any]
) -> str:
    """The identifier to write into the session of this client.

    By default it is Flask-Login 0.6.3's, or with ``SESSION_IDENTIFIER = "flask-login-0.7"`` that of its main branch:
    each version knows only its own.

    Raises:
        ConfigurationError: ``SESSION_IDENTIFIER`` is neither.
    """
    if generator is not create_identifier:
        return generator()
    return identifiers(connection, generator)[_FORMS.index(written_form(config))]


def written_form(config: Mapping[str, Any]) -> str:
    """``SESSION_IDENTIFIER``; ConfigurationError if it is unknown."""
    form: str = config.get("SESSION_IDENTIFIER", _FORMS[0])
    if form not in _FORMS:
        raise ConfigurationError("SESSION_IDENTIFIER", form, f'use "{_FORMS[0]}" or "{_FORMS[1]}"')
    return form


def create_identifier() -> str:
    """The default ``LoginManager._session_identifier_generator``: what ``identifier_to_write`` says."""
    connection: Request | Websocket = request if has_request_context() else websocket
    return identifier_to_write(connection, create_identifier, current_app.config)


def _identifiers_of_other_form(connection: Request | Websocket) -> tuple[str, ...]:
    """What the same client's identifiers would be if its address had the other form; empty if it has one only.

    A server that listens on IPv6 for both families sees an IPv4 client as ``::ffff:192.0.2.1`` (RFC 4291, section
    2.5.5.2), and one behind it as ``192.0.2.1``. Which form is written stays as in Flask-Login.
    """
    address = _other_form(connection.remote_addr)
    return () if address is None else hash_client(address, connection.headers.get("User-Agent"))


def _other_form(address: str | None) -> str | None:
    """The IPv4-mapped form of an IPv4 address, and the reverse."""
    try:
        parsed = ip_address(address or "")
    except ValueError:  # a Unix socket
        return None
    if isinstance(parsed, IPv4Address):
        return f"::ffff:{parsed}"
    return None if parsed.ipv4_mapped is None else str(parsed.ipv4_mapped)


def hash_client(address: str | None, agent: str | None) -> tuple[str, str]:
    """The identifiers of a client at *address* whose User-Agent is *agent*."""
    address_bytes = None if address is None else address.encode()
    agent_bytes = None if agent is None else agent.encode()
    # Flask-Login 0.6.3 formats bytes, hence the b'' in what it hashes.
    return _hash(f"{address_bytes!r}|{agent_bytes!r}"), _hash(f"{address}|{agent or ''}")


def _hash(base: str) -> str:
    return sha512(base.encode()).hexdigest()


#: Two SHA-512 hashes cost 3 µs, a cached pair 0.2 µs: most requests come from a client that was just here.
_cached_hashes = lru_cache(maxsize=1024)(hash_client)


def _hashes(address: str | None, agent: str | None) -> tuple[str, str]:
    if agent is not None and len(agent) > _LONGEST_CACHED:
        return hash_client(address, agent)
    return _cached_hashes(address, agent)
