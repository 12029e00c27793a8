"""Defaults, and the settings, which are read from the application's configuration at each use, as in Flask-Login."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import ConfigurationError, DurationError
from .login_session import SESSION_KEYS as SESSION_KEYS

COOKIE_NAME = "remember_token"
COOKIE_DURATION = timedelta(days=365)
COOKIE_SECURE = False
COOKIE_HTTPONLY = True
COOKIE_SAMESITE = None

LOGIN_MESSAGE = "Please log in to access this page."
LOGIN_MESSAGE_CATEGORY = "message"
REFRESH_MESSAGE = "Please reauthenticate to access this page."
REFRESH_MESSAGE_CATEGORY = "message"

#: The name of the user's method that returns the id to keep in the session.
ID_ATTRIBUTE = "get_id"

#: HTTP methods for which the view decorators require no login (CORS preflight). Add to the set to exempt more.
EXEMPT_METHODS = {"OPTIONS"}

#: Whether the refused page is kept in the session instead of the login URL's query.
USE_SESSION_FOR_NEXT = False

Config = Mapping[str, Any]


def remember_duration(config: Config) -> timedelta:
    """``REMEMBER_COOKIE_DURATION``, a timedelta or whole seconds.

    Raises:
        DurationError: it is neither.
    """
    duration = config.get("REMEMBER_COOKIE_DURATION", COOKIE_DURATION)
    if isinstance(duration, int):
        return timedelta(seconds=duration)
    if not isinstance(duration, timedelta):
        raise DurationError("REMEMBER_COOKIE_DURATION", duration)
    return duration


def expiry(duration: timedelta) -> datetime:
    """The moment *duration* from now; DurationError if ``datetime`` cannot represent it."""
    try:
        return datetime.fromtimestamp(time.time(), UTC) + duration
    except OverflowError:
        raise DurationError("duration", duration) from None


def fresh_seconds(config: Config) -> float | None:
    """How long logins stay fresh, in seconds: ``FRESH_LOGIN_DURATION``, a timedelta or a number. None: no limit."""
    duration = config.get("FRESH_LOGIN_DURATION")
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if duration is None or isinstance(duration, int | float):
        return duration
    raise ConfigurationError("FRESH_LOGIN_DURATION", duration, "use a timedelta or seconds")
