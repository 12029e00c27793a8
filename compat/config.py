"""Defaults, and the settings: read from the application's configuration at each use, as Flask-Login does."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

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

#: The session keys that belong to a login: what ``"strong"`` protection removes.
SESSION_KEYS = {"_user_id", "_remember", "_remember_seconds", "_id", "_fresh", "next"}

#: HTTP methods that the view decorators let pass (CORS preflight). Add to the set to exempt more.
EXEMPT_METHODS = {"OPTIONS"}

#: Whether the refused page is kept in the session instead of the login URL's query.
USE_SESSION_FOR_NEXT = False

Config = Mapping[str, Any]


def remember_cookie_name(config: Config) -> str:
    """``REMEMBER_COOKIE_NAME``."""
    name: str = config.get("REMEMBER_COOKIE_NAME", COOKIE_NAME)
    return name


def remember_duration(config: Config) -> timedelta:
    """``REMEMBER_COOKIE_DURATION``, a timedelta or whole seconds; DurationError if it is neither."""
    duration = config.get("REMEMBER_COOKIE_DURATION", COOKIE_DURATION)
    if isinstance(duration, int):
        return timedelta(seconds=duration)
    if not isinstance(duration, timedelta):
        raise DurationError("REMEMBER_COOKIE_DURATION", duration)
    return duration


def expiry(duration: timedelta) -> datetime:
    """When something ends that begins now; DurationError if no calendar holds that moment."""
    try:
        return datetime.fromtimestamp(time.time(), UTC) + duration
    except OverflowError:
        raise DurationError("duration", duration) from None


def fresh_seconds(config: Config) -> float | None:
    """``FRESH_LOGIN_DURATION``, a timedelta or seconds: how long logins stay fresh; None is for ever."""
    duration = config.get("FRESH_LOGIN_DURATION")
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if duration is None or isinstance(duration, int | float):
        return duration
    raise ConfigurationError("FRESH_LOGIN_DURATION", duration, "use a timedelta or seconds")


def verification_keys(config: Config) -> list[Any]:
    """``SECRET_KEY_FALLBACKS``, then ``SECRET_KEY``: itsdangerous signs with the last. May be empty."""
    secret, fallbacks = config.get("SECRET_KEY"), config.get("SECRET_KEY_FALLBACKS") or ()
    if isinstance(fallbacks, str | bytes):  # one key, not one for each character
        fallbacks = [fallbacks]
    return [*filter(None, fallbacks), secret] if secret else []  # anybody can sign with an empty one
