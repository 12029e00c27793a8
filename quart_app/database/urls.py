"""What ``DATABASE_URL`` may say. The driver is our choice, as it has to be an async one.

``sqlite:///relative.sqlite3``, ``sqlite:////srv/absolute.sqlite3``
    A file.
``postgresql://user:password@host:5432/name`` (or ``postgres://``)
    What follows a ``?`` is what it is for PostgreSQL's own programs, as asyncpg reads it: ``sslmode``,
    ``sslrootcert``, ``target_session_attrs``, several hosts, ``host=/a/socket's/folder`` and so on. Other names go
    to the server as settings (``application_name``), which refuses those that it does not know.

SQLAlchemy's names with the driver, ``sqlite+aiosqlite`` and ``postgresql+asyncpg``, mean the same.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
_SQLITE_FILE = re.compile(r"/(?!:memory:)[^?]+")
_HOST = re.compile(r"(\[[^]]*\]|[^:@\[\]]*)(:[0-9]+)?")


class UnusableDatabaseUrl(ValueError):
    """``DATABASE_URL`` is not one of ours. The message does not show it: a password may be in it."""


def sqlite_file(url: str) -> str | None:
    """The file that an SQLite URL names; None for the URL of another database.

    Raises:
        UnusableDatabaseUrl: it names none, or one in memory, which each connection would have for itself.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in _SQLITE:
        return None
    if not _SQLITE_FILE.fullmatch(rest):
        raise UnusableDatabaseUrl("DATABASE_URL has to name a file for SQLite: sqlite:////srv/microblog.sqlite3.")
    return rest.removeprefix("/")


def postgresql_dsn(url: str) -> str | None:
    """The URL as asyncpg wants it; None for the URL of another database.

    Raises:
        UnusableDatabaseUrl: asyncpg would not understand it, or show parts of a password in saying so.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in _POSTGRESQL:
        return None
    dsn = f"postgresql://{rest}"
    if not _is_well_formed(dsn):
        raise UnusableDatabaseUrl(
            "DATABASE_URL does not look like postgresql://user:password@host:5432/name?sslmode=require. "
            "Is there an @, :, /, ? or # in the password? Write it as %40, %3A, %2F, %3F or %23."
        )
    return dsn


def _is_well_formed(dsn: str) -> bool:
    try:
        parts = urlsplit(dsn)
        if parts.query:
            parse_qs(parts.query, strict_parsing=True)
    except ValueError:
        return False
    user, _, hosts = parts.netloc.rpartition("@")
    return (
        "@" not in user
        and all(map(_HOST.fullmatch, hosts.split(",")))
        and "#" not in dsn
        and "@" not in parts.path + parts.query
    )
