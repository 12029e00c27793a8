"""The forms that ``DATABASE_URL`` may have. The driver is not chosen by it, because it has to be an async one.

``sqlite:///relative.sqlite3``, ``sqlite:////srv/absolute.sqlite3``
    A file.
``postgresql://user:password@host:5432/name`` (or ``postgres://``)
    A server. asyncpg reads the parameters after ``?`` as PostgreSQL's own programs do: ``sslmode``, ``sslrootcert``,
    ``target_session_attrs``, several hosts, ``host=/folder/of/the/socket`` and so on. Other names are sent to the
    server as settings (``application_name``); it refuses unknown ones.

SQLAlchemy's names with the driver, ``sqlite+aiosqlite`` and ``postgresql+asyncpg``, are accepted, too.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
_SQLITE_FILE = re.compile(r"/(?!:memory:)[^?]+")
_HOST = re.compile(r"(\[[^]]*\]|[^:@\[\]]*)(:[0-9]+)?")


class UnusableDatabaseUrl(ValueError):
    """``DATABASE_URL`` cannot be used. The message does not show the URL, because it may contain a password."""


def sqlite_file(url: str) -> str | None:
    """The file that an SQLite URL names; None for the URL of another database.

    Raises:
        UnusableDatabaseUrl: it names no file, or a database in memory, of which each connection would have its own.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in _SQLITE:
        return None
    if not _SQLITE_FILE.fullmatch(rest):
        raise UnusableDatabaseUrl("DATABASE_URL has to name a file for SQLite: sqlite:////srv/microblog.sqlite3.")
    return rest.removeprefix("/")


def postgresql_dsn(url: str) -> str | None:
    """The URL in the form that asyncpg reads; None for the URL of another database.

    Raises:
        UnusableDatabaseUrl: asyncpg would refuse it, with a message that may show parts of the password.
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
