"""Session protection: is this the client that logged in?

The identifier is a hash of address and User-Agent, computed at login and again at each request. This
module decides and writes nothing.
"""

from collections.abc import Collection
from enum import Enum, auto
from functools import lru_cache
from hashlib import sha512

from quart import Request, Websocket
from quart.sessions import SessionMixin

#: Longer User-Agents are hashed each time instead of being remembered.
_LONGEST_REMEMBERED = 512


class Verdict(Enum):
    """What session protection decided."""

    KEEP = auto()
    MARK_STALE = auto()
    DROP = auto()


#: The verdicts as names of this module: in Python 3.11 each look-up in the class costs more.
KEEP, MARK_STALE, DROP = Verdict


def protect(identifier: object, seen: Collection[str], mode: object, session: SessionMixin) -> Verdict:
    """Compare the *identifier* stored at login with those *seen*, which this client may have.

    A permanent session is never dropped, as in Flask-Login: ``"strong"`` is ``"basic"`` for it.
    """
    if identifier in seen:
        return KEEP
    return DROP if mode == "strong" and not session.permanent else MARK_STALE


def identifiers(connection: Request | Websocket) -> tuple[str, str]:
    """What this client's identifier is: to Flask-Login 0.6.3, which is what we write; to its main branch.

    The address is ``remote_addr`` only: ``X-Forwarded-For`` is whatever the client says. Behind a
    proxy use Hypercorn's ProxyFixMiddleware, which trusts as many hops as it is told to.
    """
    address = connection.remote_addr
    agent = connection.headers.get("User-Agent")
    if agent is not None and len(agent) > _LONGEST_REMEMBERED:
        return hash_client(address, agent)
    return _remembered_hashes(address, agent)


def hash_client(address: str | None, agent: str | None) -> tuple[str, str]:
    """The identifiers of a client at *address* that calls itself *agent*."""
    address_bytes = None if address is None else address.encode()
    agent_bytes = None if agent is None else agent.encode()
    # Flask-Login 0.6.3 formats bytes, hence the b'' in what it hashes.
    return _hash(f"{address_bytes!r}|{agent_bytes!r}"), _hash(f"{address}|{agent or ''}")


def _hash(base: str) -> str:
    return sha512(base.encode()).hexdigest()


#: Two SHA-512 cost 3 µs, a look-up 0.2: most requests come from clients that were just here.
_remembered_hashes = lru_cache(maxsize=1024)(hash_client)
