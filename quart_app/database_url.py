"""The forms that ``DATABASE_URL`` may have. The driver is not chosen by it, because it has to be an async one.

``sqlite:///relative.sqlite3``, ``sqlite:////srv/absolute.sqlite3``
    A file.
``postgresql://user:password@host:5432/name`` (or ``postgres://``)
    A server. The parameters after ``?`` are libpq's, and those that hosting companies add for other drivers:
    ``database_url_parameters`` decides which are passed to asyncpg, dropped or refused.

SQLAlchemy's names with the driver, ``sqlite+aiosqlite`` and ``postgresql+asyncpg``, are accepted, too.

``DATABASE_DIRECT_URL`` has the second form. A leaf without SQLAlchemy: the supervisor checks both before it starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from .database_url_parameters import UnusableParameter, read_parameters

DATABASE_URL = "DATABASE_URL"
DATABASE_DIRECT_URL = "DATABASE_DIRECT_URL"

NO_DIRECT_URL = (
    "Migrations cannot run through a connection pooler (DATABASE_POOLER=transaction, or pgbouncer=true in "
    "DATABASE_URL). Set DATABASE_DIRECT_URL to the server itself, or UPGRADE_AT_START=false if another host upgrades."
)

_SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
_PORT = ":5432"
_SQLITE_FILE = re.compile(r"/(?!:memory:)[^?]+")
_HOST = re.compile(r"(\[[^]]*\]|[^:@\[\]]*)(:[0-9]+)?")


class UnusableDatabaseUrl(ValueError):
    """A database cannot be used as its URL says. The message does not show the URL, which may contain a password."""


@dataclass(frozen=True)
class PostgresqlServer:
    """What the URL of a PostgreSQL server says.

    Attributes:
        setting: the setting that the URL comes from, for messages.
        dsn: the URL in the form that asyncpg reads.
        hosts: the hosts and ports, if it names several before the name of the database; otherwise empty.
        behind_pooler: whether it has ``pgbouncer=true``.
        system_certificates: whether it has ``sslrootcert=system``.
        dropped: a sentence for each parameter that has no effect.
    """

    setting: str
    dsn: str = field(repr=False)
    hosts: tuple[tuple[str, int], ...] = ()
    behind_pooler: bool = False
    system_certificates: bool = False
    dropped: tuple[str, ...] = ()


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


def postgresql_server(url: str, setting: str = DATABASE_URL) -> PostgresqlServer | None:
    """The server that a URL names; None for the URL of another database.

    Raises:
        UnusableDatabaseUrl: asyncpg would refuse it (with a message that may show parts of the password), or it asks
            for something that asyncpg cannot do.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in _POSTGRESQL:
        return None
    dsn = f"postgresql://{rest}"
    if not _is_well_formed(dsn):
        raise UnusableDatabaseUrl(
            f"{setting} does not look like postgresql://user:password@host:5432/name?sslmode=require. "
            "Is there an @, :, /, ? or # in the password? Write it as %40, %3A, %2F, %3F or %23."
        )
    address, _, query = dsn.partition("?")
    try:
        found = read_parameters(query)
    except UnusableParameter as error:
        raise UnusableDatabaseUrl(f"{setting}: {error}") from None
    return PostgresqlServer(
        setting=setting,
        dsn=f"{address}?{found.kept}" if found.kept else address,
        hosts=_several_hosts(dsn),
        behind_pooler=found.behind_pooler,
        system_certificates=found.system_certificates,
        dropped=tuple(f"{setting}: {sentence}" for sentence in found.dropped),
    )


def database_at(url: str) -> str | PostgresqlServer:
    """What ``DATABASE_URL`` names: the file of an SQLite database, or a PostgreSQL server.

    Raises:
        UnusableDatabaseUrl: it names neither.
    """
    found = sqlite_file(url) or postgresql_server(url)
    if found is None:
        raise UnusableDatabaseUrl("DATABASE_URL has to begin with postgresql:// or sqlite:///.")
    return found


def direct_server(url: str) -> PostgresqlServer:
    """The server that ``DATABASE_DIRECT_URL`` names.

    Raises:
        UnusableDatabaseUrl: it names none, or a connection pooler.
    """
    server = postgresql_server(url, DATABASE_DIRECT_URL)
    if server is None:
        raise UnusableDatabaseUrl("DATABASE_DIRECT_URL has to begin with postgresql://.")
    if server.behind_pooler:
        raise UnusableDatabaseUrl(
            "DATABASE_DIRECT_URL has pgbouncer=true, and it has to name the PostgreSQL server itself, not a pooler."
        )
    return server


def _several_hosts(dsn: str) -> tuple[tuple[str, int], ...]:
    names = urlsplit(dsn).netloc.rpartition("@")[2].split(",")
    matches = filter(None, map(_HOST.fullmatch, names if len(names) > 1 else ()))
    return tuple((unquote(match[1]).strip("[]"), int((match[2] or _PORT).removeprefix(":"))) for match in matches)


def _is_well_formed(dsn: str) -> bool:
    try:
        parts = urlsplit(dsn)
        if parts.query:
            parse_qs(parts.query, strict_parsing=True, keep_blank_values=True)
    except ValueError:
        return False
    user, _, hosts = parts.netloc.rpartition("@")
    return (
        "@" not in user
        and all(map(_HOST.fullmatch, hosts.split(",")))
        and "#" not in dsn
        and "@" not in parts.path + parts.query
    )
