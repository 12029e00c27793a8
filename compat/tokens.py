"""Flask-Login's own remember cookie: ``<id>|<hex HMAC-SHA512 of the id>``.

It has no time in it and so never expires on the server. It is always read, unless
``REMEMBER_COOKIE_ACCEPT`` says otherwise, and written while ``REMEMBER_COOKIE_ISSUE`` is
``"flask-login"``: for as long as a Flask application serves the same users.
"""

import hmac
from hashlib import sha512

from quart import current_app

from .config import verification_keys
from .errors import ConfigurationError


def encode_cookie(payload: str, key: str | bytes | None = None) -> str:
    """Sign *payload* with *key*, or with the application's ``SECRET_KEY``.

    Raises:
        ConfigurationError: there is no key.
    """
    return f"{payload}|{_digest(payload, _secret_key(key))}"


def decode_cookie(cookie: str, key: str | bytes | None = None) -> str | None:
    """The payload of a cookie from ``encode_cookie``; None if it was not signed by us.

    Without *key*, ``SECRET_KEY`` and each of ``SECRET_KEY_FALLBACKS`` may have signed it.
    """
    keys = verification_keys(current_app.config) if key is None else [key]
    return verify(cookie, keys)


def verify(cookie: str, keys: list[str | bytes]) -> str | None:
    """The payload of *cookie* if one of *keys* has signed it, else None; whatever the cookie is."""
    payload, separator, digest = cookie.rpartition("|")
    if not separator:
        return None
    try:
        given = digest.encode()
        # bytes, because compare_digest raises for strings that are not ASCII
        if any(hmac.compare_digest(_digest(payload, _as_bytes(key)).encode(), given) for key in keys):
            return payload
    except UnicodeEncodeError:  # a lone surrogate: nobody signed that
        return None
    return None


def _digest(payload: str, key: bytes) -> str:
    return hmac.new(key, payload.encode(), sha512).hexdigest()


def _secret_key(key: str | bytes | None = None) -> bytes:
    if key is None:
        key = current_app.config.get("SECRET_KEY")
        if not key:
            raise ConfigurationError("SECRET_KEY", key, "set it to something unique and secret")
    return _as_bytes(key)


def _as_bytes(key: str | bytes) -> bytes:
    if isinstance(key, bytes):
        return key
    try:
        return key.encode("latin1")  # as Flask-Login does
    except UnicodeEncodeError:  # where it fails
        return key.encode()
