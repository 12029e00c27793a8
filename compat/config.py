"""Defaults, and the configuration keys: read from the application at each use, as Flask-Login does.

The constants carry Flask-Login's names and values. Everything that a key may hold is checked here,
so that the rest of the library only ever sees well-formed values.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from .errors import ConfigurationError, DurationError

COOKIE_NAME = "remember_token"
COOKIE_DURATION = timedelta(days=365)
COOKIE_SECURE = False
COOKIE_HTTPONLY = True
COOKIE_SAMESITE = None

LOGIN_MESSAGE = "Please log in to access this page."
LOGIN_MESSAGE_CATEGORY = "message"
REFRESH_MESSAGE = "Please reauthenticate to access this page."
REFRESH_MESSAGE_CATEGORY = "message"

#: The name of the user's method that gives the id to keep in the session.
ID_ATTRIBUTE = "get_id"

#: The session keys that belong to a login; what ``"strong"`` protection removes.
SESSION_KEYS = {"_user_id", "_remember", "_remember_seconds", "_id", "_fresh", "next"}

#: HTTP methods that the view decorators let pass (CORS preflight). Add to the set to exempt more.
EXEMPT_METHODS = {"OPTIONS"}

#: Whether the refused page is kept in the session instead of the login URL's query.
USE_SESSION_FOR_NEXT = False

#: How far a host's clock may be behind the one that issued a remember token, in seconds.
CLOCK_LEEWAY = 60

Config = Mapping[str, Any]
TokenFormat = Literal["timed", "flask-login"]
_FORMATS: frozenset[TokenFormat] = frozenset({"timed", "flask-login"})


def remember_cookie_name(config: Config) -> str:
    """``REMEMBER_COOKIE_NAME``."""
    return cast(str, config.get("REMEMBER_COOKIE_NAME", COOKIE_NAME))


def remember_duration(config: Config) -> timedelta:
    """``REMEMBER_COOKIE_DURATION``: a timedelta, or whole seconds.

    Raises:
        DurationError: it is something else.
    """
    duration = config.get("REMEMBER_COOKIE_DURATION", COOKIE_DURATION)
    if isinstance(duration, int):
        return timedelta(seconds=duration)
    if not isinstance(duration, timedelta):
        raise DurationError("REMEMBER_COOKIE_DURATION", duration)
    return duration


def expiry(duration: timedelta) -> datetime:
    """The moment at which something that is issued now and lasts *duration* ends.

    Raises:
        DurationError: no calendar holds that moment.
    """
    try:
        return datetime.fromtimestamp(time.time(), UTC) + duration
    except OverflowError:
        raise DurationError("duration", duration) from None


def issued_format(config: Config) -> TokenFormat:
    """``REMEMBER_COOKIE_ISSUE``: ``"timed"`` (the default) or ``"flask-login"``.

    Raises:
        ConfigurationError: it is something else.
    """
    return _format("REMEMBER_COOKIE_ISSUE", config.get("REMEMBER_COOKIE_ISSUE", "timed"))


def accepted_formats(config: Config) -> frozenset[TokenFormat]:
    """``REMEMBER_COOKIE_ACCEPT``: one format or several; all of them by default.

    Raises:
        ConfigurationError: a name is unknown.
    """
    names = config.get("REMEMBER_COOKIE_ACCEPT")
    if names is None:
        return _FORMATS
    if isinstance(names, str):
        names = [names]
    return frozenset(_format("REMEMBER_COOKIE_ACCEPT", name) for name in names)


def _format(key: str, name: object) -> TokenFormat:
    if name not in _FORMATS:
        raise ConfigurationError(key, name, 'use "timed" or "flask-login"')
    return cast(TokenFormat, name)


def fresh_login_seconds(config: Config) -> float | None:
    """``FRESH_LOGIN_DURATION``: how long a login stays fresh; None, the default, is for ever.

    A timedelta, or seconds.

    Raises:
        ConfigurationError: it is something else.
    """
    duration = config.get("FRESH_LOGIN_DURATION")
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if duration is None or isinstance(duration, int | float):
        return duration
    raise ConfigurationError("FRESH_LOGIN_DURATION", duration, "use a timedelta or seconds")


def verification_keys(config: Config) -> list[str | bytes]:
    """``SECRET_KEY_FALLBACKS``, then ``SECRET_KEY``: itsdangerous signs with the last. May be empty."""
    secret = config.get("SECRET_KEY")
    return [*(config.get("SECRET_KEY_FALLBACKS") or ()), secret] if secret else []
