"""The parameters of a PostgreSQL URL: passed to asyncpg, understood here, dropped with a reason, or refused.

Hosting companies print URLs for libpq (``channel_binding``, ``keepalives``) and for other drivers (Prisma's
``pgbouncer``, ``connection_limit``). asyncpg sends those that it does not know to the server as settings, and the
server refuses the connection. A parameter is dropped where nothing is lost, and refused where it asks for security
that asyncpg does not have, or where its meaning is unknown.

Written for asyncpg 0.32 and libpq 17.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

SYSTEM = "system"
"""libpq's ``sslrootcert=system``: the certificate authorities of the operating system."""

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_VERIFIED = ("verify-ca", "verify-full")
_TLS_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")

_VALUES: Mapping[str, Sequence[str]] = {
    "sslmode": _SSL_MODES,
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": _TLS_VERSIONS,
    "ssl_max_protocol_version": _TLS_VERSIONS,
    "gsslib": ("gssapi", "sspi"),
    # The application writes: asyncpg's standby, prefer-standby and read-only would connect to a host that refuses that.
    "target_session_attrs": ("any", "primary", "read-write"),
}
_FILES = ("sslcert", "sslkey", "sslrootcert", "sslcrl")
_ASYNCPG = frozenset(
    {*_VALUES, *_FILES, "sslpassword", "host", "port", "dbname", "database", "user", "password", "passfile", "service"}
    | {"krbsrvname"}
)
_SERVER = frozenset({"application_name", "options"})  # parts of PostgreSQL's protocol, as libpq sends them

_POOL = "the application has its own pool; its size is DATABASE_POOL_SIZE"
_TIMEOUTS = "the application has its own timeouts"
_KEEPALIVE = "a connection that was idle is tested before it is used"
_OTHER_DRIVER = "it is for another driver"
_DROPPED: Mapping[str, str] = {
    "connect_timeout": _TIMEOUTS,
    "pool_timeout": _TIMEOUTS,
    "socket_timeout": _TIMEOUTS,
    "tcp_user_timeout": _TIMEOUTS,
    "connection_limit": _POOL,
    "pool_size": _POOL,
    **dict.fromkeys(("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"), _KEEPALIVE),
    "fallback_application_name": "application_name is the parameter for this",
    "load_balance_hosts": "hosts are tried in their order",
    "sslsni": "the host name is always sent",
    "sslcompression": "there is no compression",
    **dict.fromkeys(("prepared_statement_cache_size", "prepared_statements", "prepareThreshold"), _OTHER_DRIVER),
    **dict.fromkeys(("statement_cache_size", "supa", "workaround"), _OTHER_DRIVER),
}
_HARMLESS: Mapping[str, Sequence[str]] = {
    "channel_binding": ("disable", "prefer"),
    "gssencmode": ("disable", "prefer"),
    "client_encoding": ("utf8", "UTF8", "utf-8", "UTF-8", "auto"),
    "schema": ("public",),
}
"""Parameters that are dropped with these values, which are what happens anyway."""
_REFUSED: Mapping[str, str] = {
    "gssencmode": "asyncpg cannot encrypt by GSSAPI. Use sslmode=verify-full instead",
    "client_encoding": "the application always uses UTF-8. Remove it",
    "schema": "write options=-csearch_path%3Dname instead, or set search_path for the role",
    "ssl": "write sslmode=require, or sslmode=verify-full to check the server's certificate",
    "requiressl": "write sslmode=require",
    "sslaccept": "write sslmode=verify-full to check the server's certificate",
    "hostaddr": "write the address as the host",
    "require_auth": "asyncpg cannot restrict the methods of authentication. Use sslmode=verify-full and remove it",
}


class UnusableParameter(ValueError):
    """A parameter, or its value, that the application cannot do as it says."""


@dataclass(frozen=True)
class Parameters:
    """What the parameters of a URL say; see ``PostgresqlServer`` for the attributes."""

    kept: str
    behind_pooler: bool
    system_certificates: bool
    dropped: Sequence[str]


def read_parameters(query: str) -> Parameters:
    """Sort the parameters of a URL; of several with one name the last counts.

    Raises:
        UnusableParameter: one cannot be used.
    """
    values = dict(parse_qsl(query, keep_blank_values=True))
    kept, dropped = [], []
    for part in filter(None, query.split("&")):
        ((name, value),) = parse_qsl(part, keep_blank_values=True)
        if (reason := _reason_to_drop(name, value, values)) is not None:
            dropped.append(f"{name} has no effect: {reason}.")
        elif name in _ASYNCPG or name in _SERVER:
            _check_value(name, value)
            kept.append(part)
        elif name != "pgbouncer":
            raise UnusableParameter(_refusal(name, value))
    system = values.get("sslrootcert") == SYSTEM
    if not system:
        _check_root_certificate(values)
    elif values.get("sslmode", "verify-full") != "verify-full":
        raise UnusableParameter("sslrootcert=system needs sslmode=verify-full.")
    return Parameters(
        kept="&".join(part for part in kept if not (system and part.startswith("sslrootcert="))),
        behind_pooler=_is_true("pgbouncer", values.get("pgbouncer", "false")),
        system_certificates=system,
        dropped=dropped,
    )


def _reason_to_drop(name: str, value: str, values: Mapping[str, str]) -> str | None:
    if name in _DROPPED:
        return _DROPPED[name]
    if value in _HARMLESS.get(name, ()):
        return "the application does this anyway"
    if name == "channel_binding" and value == "require" and values.get("sslmode") == "verify-full":
        return "asyncpg has no channel binding, and sslmode=verify-full checks the server's certificate"
    return None


def _refusal(name: str, value: str) -> str:
    if name == "channel_binding":
        return (
            f"channel_binding={value} cannot be used, because asyncpg has no channel binding. "
            "Add sslmode=verify-full&sslrootcert=system, which checks the server's certificate instead."
        )
    if name in _REFUSED:
        return f"{name}={value} cannot be used: {_REFUSED[name]}."
    return f"the parameter {name} is unknown. If it is a setting of the server, write options=-c{name}%3Dvalue."


def _check_value(name: str, value: str) -> None:
    if name in _VALUES and value not in _VALUES[name]:
        raise UnusableParameter(f"{name}={value} cannot be used; it can be {', '.join(_VALUES[name])}.")
    if name in _FILES and not (name == "sslrootcert" and value == SYSTEM):
        _check_file(name, value)
    if name == "port" and not all(part.isdecimal() for part in value.split(",")):
        raise UnusableParameter(f"port={value} is not a number.")


def _check_file(name: str, value: str) -> None:
    if not (Path(value).is_file() and os.access(value, os.R_OK)):
        raise UnusableParameter(f"{name}={value} is not a file that the application can read.")
    if name == "sslrootcert":
        try:
            ssl.create_default_context(cafile=value)
        except ssl.SSLError:
            raise UnusableParameter(f"{name}={value} contains no certificate in the format PEM.") from None


def _check_root_certificate(values: Mapping[str, str]) -> None:
    mode = values.get("sslmode", os.environ.get("PGSSLMODE"))
    default = Path("~/.postgresql/root.crt").expanduser()
    if mode in _VERIFIED and not (values.get("sslrootcert") or os.environ.get("PGSSLROOTCERT") or default.exists()):
        raise UnusableParameter(
            f"sslmode={mode} needs the certificate of the server's authority: add sslrootcert=/path/to/its/file, "
            "or sslrootcert=system (with sslmode=verify-full) if it is one that browsers know."
        )


def _is_true(name: str, value: str) -> bool:
    if value not in ("true", "false", "1", "0"):
        raise UnusableParameter(f"{name}={value} cannot be used; it can be true, false.")
    return value in ("true", "1")
