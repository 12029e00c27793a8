"""What the environment may say: each field is read from the variable of the same name in capitals."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .extension import Extension
from .hash_strength import is_strong

SameSite = Literal["Lax", "Strict"]


class Settings(BaseSettings):
    """The settings of one application; arguments win over the environment.

    ``ENVIRONMENT=production`` asks for a secret key and makes all cookies ``Secure`` and, by the prefix
    ``__Host-`` in their names, bound to this very host (RFC 6265bis, section 4.1.3). The cookie fields that
    are ``None`` follow from it.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # an error about a secret must not show it
    )

    environment: Literal["development", "production"] = "development"

    #: Where the database and the generated key live; None is Quart's own choice, ``instance/`` beside the code.
    instance_path: Path | None = None
    #: PostgreSQL's URL or an SQLite file's (``database/urls.py``); None is such a file in the instance folder.
    database_url: SecretStr | None = None
    #: Connections of each worker, which has one more for ``/readyz``. All of them together must be fewer than
    #: PostgreSQL's ``max_connections``: who comes too late for one there fails, while who waits for one here is
    #: answered within a second, this way or the other.
    database_pool_size: int = Field(default=10, gt=0)
    #: Whether a server that starts changes the tables itself; if not, it refuses to start with old ones, and
    #: ``quart --app quart_app db upgrade`` is a step of the deployment. None is: in development only.
    upgrade_at_start: bool | None = None

    #: Signs all cookies. None, which production refuses, generates one and keeps it in the instance folder.
    secret_key: SecretStr | None = Field(default=None, min_length=16)
    #: Keys that are no longer signed with and still accepted, separated by commas.
    secret_key_fallbacks: Annotated[tuple[SecretStr, ...], NoDecode] = ()

    #: Names that the site is served under, separated by commas; ``.example.com`` is that name and all below. Empty,
    #: which a start in production warns of, means any.
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    #: How many proxies write down who called them. Nothing that a client sends counts for address, scheme or host.
    trusted_hops: int = Field(default=0, ge=0)
    #: How they do: in ``X-Forwarded-For``, ``-Proto`` and ``-Host`` (legacy), or in ``Forwarded`` (modern, RFC 7239).
    proxy_mode: Literal["legacy", "modern"] = "legacy"

    session_cookie_name: str | None = None
    session_cookie_secure: bool | None = None
    session_cookie_samesite: SameSite = "Lax"

    remember_cookie_name: str | None = None
    remember_cookie_secure: bool | None = None
    remember_cookie_samesite: SameSite = "Lax"
    #: How long "Remember Me" lasts, in seconds or as ISO 8601 duration (``P30D``), after the password was entered.
    remember_cookie_duration: timedelta = Field(default=timedelta(days=30), gt=timedelta(0))

    #: How long a login without "Remember Me" lasts unused, and how long at most, after the password was entered.
    #: The server looks at both. It knows when a login was last used to the minute, hence the lowest value.
    session_idle: timedelta = Field(default=timedelta(days=14), ge=timedelta(minutes=5))
    session_absolute: timedelta = Field(default=timedelta(days=30), ge=timedelta(minutes=5))
    #: How long a bearer token of the API lasts at most. Unused it ends as those logins do.
    bearer_duration: timedelta = Field(default=timedelta(days=30), ge=timedelta(minutes=5))

    #: Bytes that a request may send. No form of ours needs more, and 16 MB of ``&a`` stop the loop for seconds.
    max_content_length: int = Field(default=64 * 1024, gt=0)
    #: Seconds that a request may take to send them.
    body_timeout: int = Field(default=10, gt=0)

    #: Werkzeug's name for the hash: scrypt with N=2^15, r=8, p=3, OWASP's level at 32 MiB.
    #: Other hashes are replaced when their users log in.
    password_method: str = Field(default="scrypt:32768:8:3", pattern=r"^(scrypt:\d+:\d+:\d+|pbkdf2:\w+:\d+)$")
    #: Threads that hash. Each takes a core and 32 MiB while it does.
    password_threads: int = Field(default=2, gt=0)
    #: Passwords that wait for them, about 5 s with two threads and 0.25 s for a hash; more are sent away (503).
    password_queue: int = Field(default=32, ge=0)

    #: Wrong passwords in a row for a name, a known browser or a login, and how long until they are forgotten.
    login_attempts: int = Field(default=10, gt=0)
    login_attempts_window: timedelta = Field(default=timedelta(minutes=15), gt=timedelta(0))

    #: Whether a network address may only send so many forms with a password. For load tests: not.
    address_limits: bool = True
    #: How many passwords to check, wherever, and how many to register. Many people may share an address.
    logins_per_minute: int = Field(default=30, gt=0)
    registrations_per_hour: int = Field(default=20, gt=0)

    #: ``redis://`` or ``rediss://``: lets several workers and hosts know who is online at the others, and count the
    #: forms of an address together. Without it each worker counts for itself.
    redis_url: SecretStr | None = None
    #: Websockets that one user may have open at one worker: tabs, mostly.
    live_sockets_per_user: int = Field(default=20, gt=0)

    #: Lines of JSON, or text for the eye; None is JSON in production. Libraries never log below WARNING.
    log_format: Literal["json", "text"] | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    #: Who may read /metrics: whoever sends it as a bearer token. None is everybody, and in production nobody.
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    #: Where the workers of a server add up their metrics; None is a folder among the system's temporary files.
    metrics_folder: Path | None = None

    @field_validator("secret_key_fallbacks", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in (part.strip() for part in value.split(",")) if part)
        return value

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
                f"PASSWORD_METHOD={self.password_method} is too weak for production: take scrypt:32768:8:3 or more."
            )
        if self.production and False in (self.session_cookie_secure, self.remember_cookie_secure):
            raise ValueError(
                "SESSION_COOKIE_SECURE and REMEMBER_COOKIE_SECURE cannot be false in production: "
                "whoever is on the way would read the cookies. Serve it by https."
            )
        return self

    @property
    def upgrades_at_start(self) -> bool:
        """Whether a server that starts changes the tables itself."""
        return not self.production if self.upgrade_at_start is None else self.upgrade_at_start

    @property
    def production(self) -> bool:
        """Whether strangers use it."""
        return self.environment == "production"

    @property
    def log_json(self) -> bool:
        """Whether machines read the log."""
        return self.production if self.log_format is None else self.log_format == "json"

    @property
    def device_cookie_secure(self) -> bool:
        """Whether the cookie of known browsers is for https only: as the session's is, which it comes with."""
        return self._or_production(self.session_cookie_secure)

    @property
    def device_cookie_name(self) -> str:
        """What the cookie of known browsers is called."""
        return _host_only("device", self.device_cookie_secure)

    def quart_config(self) -> dict[str, object]:
        """The part that Quart, compat and quart-wtforms read from ``app.config``, secret keys excepted."""
        session_secure = self._or_production(self.session_cookie_secure)
        remember_secure = self._or_production(self.remember_cookie_secure)
        return {
            "SESSION_COOKIE_NAME": self.session_cookie_name or _host_only("session", session_secure),
            "SESSION_COOKIE_SECURE": session_secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": self.session_cookie_samesite,
            "REMEMBER_COOKIE_NAME": self.remember_cookie_name or _host_only("remember_token", remember_secure),
            "REMEMBER_COOKIE_SECURE": remember_secure,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": self.remember_cookie_samesite,
            "REMEMBER_COOKIE_DURATION": self.remember_cookie_duration,
            # Session cookies stay readable for longer than any login lasts: its row decides, not its cookie.
            "PERMANENT_SESSION_LIFETIME": max(self.session_absolute, self.remember_cookie_duration) + timedelta(days=1),
            "MAX_CONTENT_LENGTH": self.max_content_length,
            "BODY_TIMEOUT": self.body_timeout,
            "RESPONSE_TIMEOUT": None,  # http_connection.py has one of its own
            # A form is good for as long as the session it was made for: a page left open overnight still works.
            "WTF_CSRF_TIME_LIMIT": None,
            # It would compare Referer with Host, which a proxy may change; defences/cross_site.py knows better.
            "WTF_CSRF_SSL_STRICT": False,
            "PREFERRED_URL_SCHEME": "https" if self.production else "http",
        }

    def _or_production(self, value: bool | None) -> bool:
        return self.production if value is None else value


def _host_only(name: str, secure: bool) -> str:
    """Browsers take a ``__Host-`` cookie only from the host itself, over https, so only then can we use one."""
    return f"__Host-{name}" if secure else name


current_settings = Extension[Settings]("quart_app.settings")
"""The settings of the application that is running now."""
