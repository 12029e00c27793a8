"""The settings: each field is read from the environment variable of the same name in capitals."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .foreign_hashes import check_schemes
from .hash_strength import is_strong
from .mail_url import MailServer, read_mail_from, read_mail_url

SameSite = Literal["Lax", "Strict"]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
#: As browsers serialize it (HTML Standard, "serialization of an origin"): lower case, ASCII, no path.
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
#: A name, perhaps with a dot before it, or an IPv6 address in brackets, as in Host; then perhaps a port.
_HOST = re.compile(r"(\.?[^][\s/\\?#@:*.][^][\s/\\?#@:*]*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)
#: An address of a site: a host, perhaps with a port and a path (RFC 3986), and neither a user nor a query.
_SITE = re.compile(
    r"(https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?)(/[\w.~!$&'()*+,;=:@%/-]*)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_NAME = 64  # characters: browsers count names in their limit of 4,096 for a cookie


class Settings(BaseSettings):
    """The settings of one application; arguments take precedence over the environment.

    ``ENVIRONMENT=production`` requires a secret key, makes all cookies ``Secure`` and, by the prefix ``__Host-`` in
    their names, binds them to this host (RFC 6265bis, section 4.1.3). It decides cookie fields that are ``None``.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # error messages must not contain secrets
    )

    #: Unset is development, too, but refused or warned of where it looks forgotten (``configuration.py``).
    environment: Literal["development", "production"] = "development"

    #: The folder of the SQLite database, the generated key and mails in files; None is Quart's default: ``instance/``
    #: beside the code, or ``var/quart_app-instance/`` in the virtual environment of an installed package.
    instance_path: Path | None = None
    #: PostgreSQL's URL or an SQLite file's (``database_url.py``); None is such a file in the instance folder.
    database_url: SecretStr | None = None
    #: Whether ``database_url`` names a connection pooler in transaction mode, such as PgBouncer; so does
    #: ``pgbouncer=true`` in the URL. Neither settings nor prepared statements last longer than a transaction there.
    database_pooler: Literal["transaction"] | None = None
    #: The same database without the pooler, for migrations.
    database_direct_url: SecretStr | None = None
    #: Database connections of each worker, which has two more: one for ``/readyz`` and one to load users. Those of all
    #: workers must fit into PostgreSQL's ``max_connections``: beyond it connecting fails, while a request that waits
    #: for a connection of its worker is answered within a few seconds.
    database_pool_size: int = Field(default=10, gt=0)
    #: Whether a server upgrades the tables when it starts. If not, it refuses to start with old tables, and
    #: ``quart --app quart_app db upgrade`` is a step of the deployment. None: only in development.
    upgrade_at_start: bool | None = None

    #: Signs all cookies. None, which production refuses, generates a key and stores it in the instance folder.
    secret_key: SecretStr | None = Field(default=None, min_length=16)
    #: Old keys, separated by commas: still accepted, and no longer used to sign.
    secret_key_fallbacks: Annotated[tuple[SecretStr, ...], NoDecode] = ()

    #: Host names of the site, separated by commas; ``.example.com`` is that name and all subdomains. Empty means any
    #: name, with a warning at the start in production.
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    #: Origins, separated by commas, whose pages may use the API and the websocket by bearer tokens, never by cookies.
    api_allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    #: The number of proxies in front that set the headers of ``proxy_mode``. Entries from before them are ignored.
    trusted_hops: int = Field(default=0, ge=0)
    #: The headers they set: ``X-Forwarded-For``, ``-Proto``, ``-Host`` and ``-Prefix`` (legacy), ``Forwarded`` (modern,
    #: RFC 7239).
    proxy_mode: Literal["legacy", "modern"] = "legacy"

    #: Ends the name of every cookie. Browsers send cookies to all ports of a host, so of two applications on one host
    #: each needs a suffix of its own, or a login at one overwrites the cookies of the other.
    cookie_suffix: str = ""

    session_cookie_name: str | None = None
    session_cookie_secure: bool | None = None
    session_cookie_samesite: SameSite = "Lax"

    remember_cookie_name: str | None = None
    remember_cookie_secure: bool | None = None
    remember_cookie_samesite: SameSite = "Lax"
    #: How long "Remember Me" lasts after the password was entered, in seconds or as ISO 8601 duration (``P30D``).
    remember_cookie_duration: timedelta = Field(default=timedelta(days=30), gt=timedelta(0))

    #: How long a login without "Remember Me" lasts while unused, and how long at most after the password was entered.
    #: The server enforces both. It stores the last use to the minute, hence the minimum.
    session_idle: timedelta = Field(default=timedelta(days=14), ge=timedelta(minutes=5))
    session_absolute: timedelta = Field(default=timedelta(days=30), ge=timedelta(minutes=5))
    #: How long a bearer token of the API lasts at most. While unused, it expires after ``session_idle``.
    bearer_duration: timedelta = Field(default=timedelta(days=30), ge=timedelta(minutes=5))

    #: Logins that one user may have at a time: browsers and bearer tokens. One more ends the least recently used.
    sessions_per_user: int = Field(default=100, ge=1, le=1000)

    #: Bytes of a request body. No form needs more, and parsing 16 MB of ``&a`` would block the event loop for seconds.
    max_content_length: int = Field(default=64 * 1024, gt=0)
    #: Seconds that a client may take to send the body.
    body_timeout: int = Field(default=10, gt=0)

    #: Seconds that a request may wait on the server in all; None is 3 (``waiting_time.py``). Clients wait for five.
    waiting_time: float | None = Field(default=None, ge=1, le=60)

    #: Werkzeug's name for the hash: scrypt with N=2^15, r=8, p=3, OWASP's level at 32 MiB.
    #: Hashes with other parameters are replaced when their users log in.
    password_method: str = Field(default="scrypt:32768:8:3", pattern=r"^(scrypt:\d+:\d+:\d+|pbkdf2:\w+:\d+)$")
    #: Threads for hashing. Each uses a core and 32 MiB while it hashes.
    password_threads: int = Field(default=2, gt=0)
    #: Passwords that may wait for a thread, or for others with the same name: about 2 s with two threads and 0.25 s for
    #: a hash. Further ones get a 503 at once, and so does one that has waited for 2.5 s (``waiting_time.py``).
    password_queue: int = Field(default=16, ge=0)

    #: Names of other libraries' hashes that are accepted, separated by commas (``foreign_hashes/schemes.py``). They are
    #: replaced when their users log in.
    foreign_password_hashes: Annotated[tuple[str, ...], NoDecode] = ()
    #: ``SECURITY_PASSWORD_SALT`` of the application that the hashes come from, for the scheme ``flask_security``.
    flask_security_password_salt: SecretStr | None = Field(default=None, min_length=1)

    #: Wrong passwords in a row for a name, a known browser or a login, and how long their count lasts.
    login_attempts: int = Field(default=10, gt=0)
    login_attempts_window: timedelta = Field(default=timedelta(minutes=15), gt=timedelta(0))

    #: Whether the number of password forms from a network address is limited. Turn it off for load tests.
    address_limits: bool = True
    #: Forms with a password to check, registrations, and requests to send a mail, from one address. Many people may
    #: share an address.
    logins_per_minute: int = Field(default=30, gt=0)
    registrations_per_hour: int = Field(default=20, gt=0)
    mails_per_hour: int = Field(default=20, gt=0)
    #: Mails with a link that one account, or one address that is entered, is sent within half an hour, which is as long
    #: as a link is valid; links to set a password and links to confirm an address are counted apart.
    mails_per_account: int = Field(default=5, gt=0)

    #: ``redis://`` or ``rediss://``: workers and hosts share who is online, and the counts of network addresses.
    #: Without it each worker has its own.
    redis_url: SecretStr | None = None
    #: Websockets that one user may have open at one worker: tabs, mostly.
    live_sockets_per_user: int = Field(default=20, gt=0)

    #: ``smtp://`` or ``smtps://`` and a mail server, or ``file:`` and a folder for mails that are not sent
    #: (``mail_url.py``). None, which production refuses, is ``file:``: the folder ``mail`` in the instance folder.
    mail_url: SecretStr | None = None
    #: The sender of all mails: ``Microblog <no-reply@example.com>``. Required for a mail server.
    mail_from: str | None = None
    #: Whether servers of this host send mails. Those of other hosts may, as all mails are in the database.
    send_mails: bool = True
    #: The address of the site, for links in mails: ``https://example.com``, perhaps with a path. None takes the one
    #: that the request came to, which production refuses for mails that are sent: the client chooses it.
    public_url: str | None = None

    #: Lines of JSON, or text for people; None is JSON in production. Libraries log at WARNING and above.
    log_format: Literal["json", "text"] | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    #: The bearer token for ``/metrics``. None: no token is needed, and in production there is no ``/metrics``.
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    #: The folder in which the workers of a server share their metrics; None is a temporary folder.
    metrics_folder: Path | None = None

    @field_validator(
        "secret_key_fallbacks", "allowed_hosts", "api_allowed_origins", "foreign_password_hashes", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in (part.strip() for part in value.split(",")) if part)
        return value

    @field_validator(
        "remember_cookie_duration",
        "session_idle",
        "session_absolute",
        "bearer_duration",
        "login_attempts_window",
        mode="before",
    )
    @classmethod
    def _may_be_seconds(cls, value: object) -> object:
        """Pydantic takes the number 3600 for seconds, and refuses the text, which the environment has."""
        return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value

    @field_validator("allowed_hosts")
    @classmethod
    def _are_host_names(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        """Names as in ``Host``, in lower case and without ports, which browsers send with them and nothing compares."""
        hosts = [_HOST.fullmatch(value) for value in values]
        for value, host in zip(values, hosts, strict=True):
            if host is None:
                raise ValueError(
                    f"{value!r} is not a host name as requests have it. Write example.com, .example.com for it and all "
                    "names below, or [2001:db8::7] for an IPv6 address; leave it unset to allow any name."
                )
        return tuple(host[1].lower() for host in hosts if host is not None)

    @field_validator("api_allowed_origins")
    @classmethod
    def _are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        """Origins exactly as browsers send them, because they are compared as text."""
        for value in values:
            origin = _ORIGIN.fullmatch(value)
            if origin is None or (origin[2] or "") == _DEFAULT_PORTS.get(origin[1]):
                raise ValueError(
                    f"{value!r} is not an origin as browsers send it. Write each as "
                    "https://app.example.com or http://localhost:3000: in lower case, without a path or a final slash, "
                    "with a port only if it is not the usual one; there is no '*', and 'null' stands for any page."
                )
        return values

    @field_validator("mail_url")
    @classmethod
    def _is_a_mail_server_or_folder(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_mail_url(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None:
            read_mail_from(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _is_the_address_of_a_site(cls, value: str | None) -> str | None:
        """The address with a slash at its end, as the root URL of a request."""
        if value is None:
            return None
        site = _SITE.fullmatch(value)
        if site is None:
            raise ValueError(
                f"{value!r} is not the address of a site. Write https://example.com, or https://example.com/blog for a "
                "site below a path; other letters than ASCII as browsers send them, such as xn--caf-dma.example."
            )
        return site[1].lower() + (site[2] or "").rstrip("/") + "/"

    @field_validator("cookie_suffix", "session_cookie_name", "remember_cookie_name")
    @classmethod
    def _fits_into_a_cookie_name(cls, value: str | None) -> str | None:
        """Cookie names are tokens (RFC 6265, section 4.1.1, which refers to RFC 2616, section 2.2)."""
        if value is not None and (len(value) > _LONGEST_NAME or not _TOKEN.fullmatch(value)):
            raise ValueError(
                f"{value!r} cannot be part of a cookie's name. Use up to {_LONGEST_NAME} letters, digits, '-' and '_'."
            )
        return value

    @field_validator("cookie_suffix")
    @classmethod
    def _is_no_name_of_another_cookie(cls, value: str) -> str:
        # The cookie for pages is the session cookie's name and "_data": defences/session_cookies.py.
        if value.endswith("_data"):
            raise ValueError(
                f"{value!r} would give the session cookie the name of another application's second cookie. "
                "Choose one that does not end in _data."
            )
        return value

    @model_validator(mode="after")
    def _foreign_hashes_can_be_checked(self) -> Settings:
        check_schemes(self.foreign_password_hashes, has_salt=self.flask_security_password_salt is not None)
        return self

    @model_validator(mode="after")
    def _production_needs_a_key(self) -> Settings:
        if self.production and self.secret_key is None:
            raise ValueError(
                "SECRET_KEY is required in production, the same for all workers and hosts. Make one with: "
                "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        return self

    @model_validator(mode="after")
    def _production_is_no_test(self) -> Settings:
        if self.production and not is_strong(self.password_method):
            raise ValueError(
                f"PASSWORD_METHOD={self.password_method} is too weak for production. Set scrypt:32768:8:3 or stronger."
            )
        if self.production and False in (self.session_cookie_secure, self.remember_cookie_secure):
            raise ValueError(
                "SESSION_COOKIE_SECURE and REMEMBER_COOKIE_SECURE cannot be false in production: "
                "an attacker on the network could read the cookies. Serve the site over https."
            )
        return self

    @model_validator(mode="after")
    def _mails_can_be_sent(self) -> Settings:
        if self.mail_url is None:
            if self.production:
                raise ValueError(
                    "MAIL_URL is required in production. Set smtp://user:password@host:587 or "
                    "smtps://user:password@host:465 to send mails, or file: to write them into the instance folder "
                    "instead, where only operators find them."
                )
            return self
        is_server = isinstance(read_mail_url(self.mail_url.get_secret_value()), MailServer)
        if is_server and self.mail_from is None:
            raise ValueError(
                "MAIL_FROM is required where MAIL_URL names a mail server: the sender of the mails, such as "
                "Microblog <no-reply@example.com>."
            )
        if self.production and self.public_url is None and (is_server or not self.send_mails):
            raise ValueError(
                "PUBLIC_URL is required in production where MAIL_URL names a mail server, or SEND_MAILS=false leaves "
                "the mails to other hosts: the address of the site, such as https://example.com, for the links in "
                "mails."
            )
        if self.production and self.public_url is not None and not self.public_url.startswith("https://"):
            raise ValueError(f"PUBLIC_URL={self.public_url} has to begin with https:// in production.")
        return self

    @model_validator(mode="after")
    def _links_in_mails_are_answered(self) -> Settings:
        host = urlsplit(self.public_url or "").hostname
        if host is not None and self.allowed_hosts and not _is_allowed(host, self.allowed_hosts):
            raise ValueError(
                f"PUBLIC_URL={self.public_url} has a host that ALLOWED_HOSTS={','.join(self.allowed_hosts)} lacks, so "
                "each link in a mail would be answered 400. Add the host to ALLOWED_HOSTS, or correct PUBLIC_URL."
            )
        return self

    @property
    def upgrades_at_start(self) -> bool:
        """Whether a server upgrades the tables when it starts."""
        return not self.production if self.upgrade_at_start is None else self.upgrade_at_start

    @property
    def production(self) -> bool:
        """Whether the environment is production."""
        return self.environment == "production"

    @property
    def stated_environment(self) -> Literal["development", "production"] | None:
        """The environment if it was set; None if it was left at its default."""
        return self.environment if "environment" in self.model_fields_set else None

    @property
    def log_json(self) -> bool:
        """Whether the log consists of lines of JSON."""
        return self.production if self.log_format is None else self.log_format == "json"

    def quart_config(self) -> dict[str, object]:
        """The part that is read from ``app.config``: by Quart, compat and quart-wtforms, and by our own cookies.

        The secret keys are set elsewhere.
        """
        session_secure = self._or_production(self.session_cookie_secure)
        remember_secure = self._or_production(self.remember_cookie_secure)
        return {
            "SESSION_COOKIE_NAME": self._cookie_name(self.session_cookie_name, "session", session_secure),
            "SESSION_COOKIE_SECURE": session_secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": self.session_cookie_samesite,
            "REMEMBER_COOKIE_NAME": self._cookie_name(self.remember_cookie_name, "remember_token", remember_secure),
            "REMEMBER_COOKIE_SECURE": remember_secure,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": self.remember_cookie_samesite,
            "REMEMBER_COOKIE_DURATION": self.remember_cookie_duration,
            # Longer than any login lasts, because the row of a login decides when it expires, not the cookie.
            "PERMANENT_SESSION_LIFETIME": max(self.session_absolute, self.remember_cookie_duration) + timedelta(days=1),
            # The device cookie is sent over https only where the session cookie is.
            "DEVICE_COOKIE_NAME": self._cookie_name(None, "device", session_secure),
            "DEVICE_COOKIE_SECURE": session_secure,
            "MAX_CONTENT_LENGTH": self.max_content_length,
            "BODY_TIMEOUT": self.body_timeout,
            "RESPONSE_TIMEOUT": None,  # framework/http_connection.py has its own timeout
            # A form token is valid as long as its session: a page left open overnight still works.
            "WTF_CSRF_TIME_LIMIT": None,
            # It compares Referer with Host, which a proxy may change; defences/cross_site.py does this check instead.
            "WTF_CSRF_SSL_STRICT": False,
            "PREFERRED_URL_SCHEME": "https" if self.production else "http",
        }

    def _or_production(self, value: bool | None) -> bool:
        return self.production if value is None else value

    def _cookie_name(self, chosen: str | None, default: str, secure: bool) -> str:
        """The chosen name, or the default, which begins with ``__Host-`` if the cookie is secure; and the suffix.

        Browsers accept that prefix only over https.
        """
        return (chosen or (f"__Host-{default}" if secure else default)) + self.cookie_suffix


def _is_allowed(host: str, allowed_hosts: Collection[str]) -> bool:
    """Whether requests for a host, in lower case and without brackets, are answered (``defences/hosts``)."""
    if ":" in host:
        return _ipv6_address(host) in {_ipv6_address(each.strip("[]")) for each in allowed_hosts if each[0] == "["}
    from werkzeug.sansio.utils import host_is_trusted  # a worker checks its settings before it imports the framework

    names = [each for each in allowed_hosts if each[0] != "["]
    return bool(names) and host_is_trusted(host, names)


def _ipv6_address(text: str) -> IPv6Address | str:
    """An address, which can be written in several ways; the text if it is none."""
    try:
        return IPv6Address(text)
    except ValueError:
        return text
