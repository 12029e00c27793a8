"""The two formats of the remember cookie.

``"timed"`` is Quart-Auth's token: it says when it was issued, and ends on the server too. ``"flask-login"``,
``<id>|<hex HMAC-SHA512 of the id>``, never does; it is for a time when a Flask application serves the same
users. ``REMEMBER_COOKIE_ISSUE`` names the one to write, ``REMEMBER_COOKIE_ACCEPT`` those to read: all, by
default.
"""

import hmac
import time
from hashlib import sha512

from itsdangerous import BadData, URLSafeTimedSerializer
from quart import current_app

from .config import Config, remember_duration, verification_keys
from .errors import ConfigurationError

TIMED, FLASK_LOGIN = "timed", "flask-login"

#: How far a host's clock may be behind the one that issued a token, in seconds.
_CLOCK_LEEWAY = 60


def issued_format(config: Config) -> str:
    """``REMEMBER_COOKIE_ISSUE``; ConfigurationError if it is unknown."""
    return _check("REMEMBER_COOKIE_ISSUE", config.get("REMEMBER_COOKIE_ISSUE", TIMED))


def _accepts(config: Config, name: str) -> bool:
    accepted = config.get("REMEMBER_COOKIE_ACCEPT")
    if accepted is None:
        return True
    accepted = [accepted] if isinstance(accepted, str) else accepted
    return name in [_check("REMEMBER_COOKIE_ACCEPT", known) for known in accepted]


def _check(key: str, name: str) -> str:
    if name not in (TIMED, FLASK_LOGIN):
        raise ConfigurationError(key, name, 'use "timed" or "flask-login"')
    return name


def dump_token(config: Config, serializer: URLSafeTimedSerializer, user_id: str, seconds: float | None) -> str:
    """A remember token that lasts *seconds*, or ``REMEMBER_COOKIE_DURATION``, in the issued format."""
    if issued_format(config) == FLASK_LOGIN:
        return encode_cookie(user_id, config.get("SECRET_KEY"))
    return str(serializer.dumps(user_id if seconds is None else [user_id, seconds]))


def load_token(config: Config, serializer: URLSafeTimedSerializer, token: str) -> str | None:
    """The user id in *token*; None if we did not sign it, if it has ended, or if its format is not accepted.

    A token that is up to 60 seconds from the future is good: hosts' clocks differ.
    """
    if "|" in token:
        return _verify(token, verification_keys(config)) if _accepts(config, FLASK_LOGIN) else None
    if not _accepts(config, TIMED):
        return None
    try:
        payload, issued = serializer.loads(token, return_timestamp=True)
    except (BadData, UnicodeError):
        return None
    match payload:
        case str() as user_id:
            seconds = remember_duration(config).total_seconds()
        case [str() as user_id, int() | float() as seconds]:
            pass
        case _:
            return None
    age = int(time.time()) - int(issued.timestamp())
    return user_id if -_CLOCK_LEEWAY <= age <= seconds else None


def encode_cookie(payload: str, key: str | bytes | None = None) -> str:
    """Sign *payload* as Flask-Login does, with *key* or ``SECRET_KEY``; ConfigurationError if there is none."""
    return f"{payload}|{_digest(payload, _secret_key(key))}"


def decode_cookie(cookie: str, key: str | bytes | None = None) -> str | None:
    """The payload of a cookie from ``encode_cookie``; None if it was not signed by us.

    Without *key*, ``SECRET_KEY`` or any of ``SECRET_KEY_FALLBACKS`` may have signed it.
    """
    return _verify(cookie, verification_keys(current_app.config) if key is None else [key])


def _verify(cookie: str, keys: list[str | bytes]) -> str | None:
    payload, separator, digest = cookie.rpartition("|")
    try:
        given = digest.encode()  # bytes, because compare_digest raises for strings that are not ASCII
        for key in keys if separator else ():
            if hmac.compare_digest(_digest(payload, _secret_key(key)).encode(), given):
                return payload
    except UnicodeEncodeError:  # a lone surrogate: nobody signed that
        return None
    return None


def _digest(payload: str, key: bytes) -> str:
    return hmac.new(key, payload.encode(), sha512).hexdigest()


def _secret_key(key: str | bytes | None = None) -> bytes:
    key = key or current_app.config.get("SECRET_KEY")
    if not key:
        raise ConfigurationError("SECRET_KEY", key, "set it to something unique and secret")
    try:
        return key if isinstance(key, bytes) else key.encode("latin1")  # as Flask-Login does
    except UnicodeEncodeError:  # where it fails
        return str(key).encode()
