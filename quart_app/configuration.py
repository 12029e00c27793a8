"""Settings that cannot be used, and a forgotten ``ENVIRONMENT``, each told in one sentence before anything starts.

A server whose operator forgot ``ENVIRONMENT`` would start as development: cookies without ``Secure`` and ``__Host-``
behind https, and ``/metrics`` open. So while it is unset, settings that a developer hardly needs count as signs of
production. ``ENVIRONMENT=development`` is an answer, and none of this applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

from click import ClickException
from pydantic import ValidationError

from .database_url import NO_DIRECT_URL, PostgresqlServer, UnusableDatabaseUrl, database_at, direct_server
from .settings import Settings

_LOCAL_NAMES = ("localhost", "test")  # RFC 6761: names that no site on the internet can have
_AS_DEVELOPMENT = "As development, cookies are sent without Secure and the prefix __Host-, and /metrics is open to all."
_WAY_OUT = "Set ENVIRONMENT=production, or ENVIRONMENT=development if this is a developer's machine."


class ConfigurationError(ClickException, ValueError):
    """The application cannot run with these settings. Commands show the message as one line, with exit code 1."""


class Signs(NamedTuple):
    """What looks like production, in words for the operator; secrets are named and not shown.

    Attributes:
        strong: one of them is enough to refuse.
        weak: developers have one of them now and then; two are enough to refuse.
    """

    strong: Sequence[str]
    weak: Sequence[str]

    @property
    def are_enough(self) -> bool:
        """Whether this is production, as far as anybody can tell."""
        return bool(self.strong) or len(self.weak) > 1


def read_settings() -> Settings:
    """The settings from the environment.

    Raises:
        ConfigurationError: a setting is missing or cannot be used.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        found = [_sentence(each["msg"], each["loc"]) for each in error.errors()]
        raise ConfigurationError(" ".join(found)) from None
    check_database(settings)
    return settings


def check_database(settings: Settings) -> None:
    """Look at the URLs of the database, without a connection.

    Raises:
        ConfigurationError: a URL cannot be used, or servers shall upgrade the tables through a connection pooler.
    """
    url, direct_url = settings.database_url, settings.database_direct_url
    try:
        database = None if url is None else database_at(url.get_secret_value())
        if direct_url is not None:
            direct_server(direct_url.get_secret_value())
    except UnusableDatabaseUrl as error:
        raise ConfigurationError(str(error)) from None
    server = database if isinstance(database, PostgresqlServer) else None
    if (settings.database_pooler or direct_url) and server is None:
        raise ConfigurationError(
            "DATABASE_POOLER and DATABASE_DIRECT_URL are for PostgreSQL, which DATABASE_URL does not name. Unset them."
        )
    behind_pooler = settings.database_pooler is not None or (server is not None and server.behind_pooler)
    if behind_pooler and direct_url is None and settings.upgrades_at_start:
        raise ConfigurationError(NO_DIRECT_URL)


def check_environment(
    settings: Settings, *, listens_at: Sequence[str] = (), has_certificate: bool = False
) -> str | None:
    """Look for a forgotten ``ENVIRONMENT``.

    Arguments:
        settings: what the application runs with.
        listens_at: Hypercorn's addresses, if known.
        has_certificate: whether the server holds a TLS certificate.

    Returns:
        A warning for the log; None if ``ENVIRONMENT`` is set, or nothing looks like production.

    Raises:
        ConfigurationError: it looks like production.
    """
    if settings.stated_environment is not None:
        return None
    signs = signs_of_production(settings, listens_at=listens_at, has_certificate=has_certificate)
    found = ", ".join([*signs.strong, *signs.weak])
    if signs.are_enough:
        raise ConfigurationError(f"ENVIRONMENT is not set, and this looks like production: {found}. {_WAY_OUT}")
    if not found:
        return None
    return f"ENVIRONMENT is not set, and this may be production: {found}. {_AS_DEVELOPMENT} {_WAY_OUT}"


def signs_of_production(settings: Settings, *, listens_at: Sequence[str] = (), has_certificate: bool = False) -> Signs:
    """What looks like production in these settings; see :func:`check_environment` for the arguments."""
    hosts = [name for name in settings.allowed_hosts if not _is_local(name)]
    addresses = [address for address in listens_at if _is_public(address)]
    url = settings.database_url
    strong = {
        f"TRUSTED_HOPS={settings.trusted_hops}": settings.trusted_hops > 0,
        f"ALLOWED_HOSTS={','.join(hosts)}": bool(hosts),
        "a TLS certificate (certfile)": has_certificate,
    }
    weak = {
        "SECRET_KEY": settings.secret_key is not None,
        "DATABASE_URL of a server": url is not None and not url.get_secret_value().startswith("sqlite"),
        "REDIS_URL": settings.redis_url is not None,
        "METRICS_TOKEN": settings.metrics_token is not None,
        f"the address {', '.join(addresses)}": bool(addresses),
    }
    return Signs(*([sign for sign, is_there in signs.items() if is_there] for signs in (strong, weak)))


def _is_local(name: str) -> bool:
    host = name.lower().strip("[].")
    return host.rpartition(".")[2] in _LOCAL_NAMES or _is_loopback(host)


def _is_public(address: str) -> bool:
    """Whether others than this machine can reach a server there: a socket's file is for a proxy, fd:// is unknown."""
    if address.startswith("fd://"):
        return False
    host = address.rpartition(":")[0] if address.count(":") == 1 or "]:" in address else address
    return not _is_local(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _sentence(message: str, names: tuple[int | str, ...]) -> str:
    """A sentence that names the setting. pydantic's own messages do not; ours do, and none shows a secret."""
    text = message.removeprefix("Value error, ").rstrip(".")
    return f"{str(names[0]).upper()}: {text}." if names else f"{text}."
