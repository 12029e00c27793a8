"""The two formats of the remember cookie, signed and verified.

``"timed"`` is Quart-Auth's token. It says when it was issued, so the server can tell that it has expired.
``"flask-login"`` is ``<id>|<hex HMAC-SHA512 of the id>``, which never expires on the server; use it while a Flask
application serves the same users. ``REMEMBER_COOKIE_ISSUE`` names the format to write, ``REMEMBER_COOKIE_ACCEPT``
the formats to read (default: both).

Quart-Auth's ``dump_token`` and ``load_token`` do the work for both, with ``RememberSerializer`` as their serializer.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha512
from typing import Any

from itsdangerous import BadData, BadSignature, SignatureExpired
from quart import current_app
from quart_auth import QuartAuth

from .config import Config, remember_duration
from .errors import ConfigurationError

TIMED, FLASK_LOGIN = "timed", "flask-login"

#: How far the clock of this host may be behind the clock that issued a token, in seconds.
_CLOCK_LEEWAY = 60


class RememberSerializer(QuartAuth.serializer_class):  # type: ignore[valid-type, misc]  # public only as an attribute
    """Quart-Auth's serializer, with Flask-Login's format beside its own and a duration for each login.

    The payload is a user id, or ``[user id, seconds]`` if ``login_user`` was given a duration.

    Args:
        config: the application's configuration.
        secret: the keys that Quart-Auth collects. Not used: it would take a ``SECRET_KEY_FALLBACKS`` that is one
            string for many keys of one character. See ``_verification_keys``.
        salt: keeps these tokens apart from everything else that is signed with the same key.
    """

    def __init__(self, config: Config, secret: Any, salt: str) -> None:
        self._config = config
        self._keys = _verification_keys(config)
        super().__init__(self._keys, salt)

    def dumps(self, payload: Any, salt: Any = None) -> str:
        """A token in the format of ``REMEMBER_COOKIE_ISSUE``.

        Raises:
            ConfigurationError: this setting is unknown, or there is no ``SECRET_KEY``.
        """
        if issued_format(self._config) == FLASK_LOGIN:
            user_id = payload if isinstance(payload, str) else payload[0]
            return encode_cookie(user_id, self._config.get("SECRET_KEY"))
        if not self._keys:
            raise _missing_key()
        return str(super().dumps(payload))

    def loads(self, token: Any, max_age: Any = None, return_timestamp: bool = False, salt: Any = None) -> Any:
        """The user id in *token*, which may be up to 60 seconds from the future, as hosts' clocks differ.

        Args:
            token: the remember cookie.
            max_age: not used: tokens hold a duration of their own, or last for ``REMEMBER_COOKIE_DURATION``.
            return_timestamp: not used.
            salt: not used.

        Raises:
            BadSignature: it was not signed with our keys, or its format is not accepted.
            SignatureExpired: it has expired.
            ConfigurationError, DurationError: the setting that is needed has no valid value.
        """
        if not self._keys:
            raise BadSignature("no SECRET_KEY")
        if "|" in token:
            user_id = _verify(token, self._keys) if accepts(self._config, FLASK_LOGIN) else None
            if user_id is None:
                raise BadSignature("not signed as Flask-Login does")
            return user_id
        if not accepts(self._config, TIMED):
            raise BadSignature("format not accepted")
        try:
            payload, issued = super().loads(token, return_timestamp=True)
        except (BadData, UnicodeError) as error:
            raise BadSignature("not signed as Quart-Auth does") from error
        match payload:
            case str() as user_id:
                seconds = remember_duration(self._config).total_seconds()
            case [str() as user_id, int() | float() as seconds]:
                pass
            case _:
                raise BadSignature("no user id")
        age = int(time.time()) - int(issued.timestamp())
        if not -_CLOCK_LEEWAY <= age <= seconds:
            raise SignatureExpired(f"{age} seconds old", payload=user_id, date_signed=issued)
        return user_id


def issued_format(config: Config) -> str:
    """``REMEMBER_COOKIE_ISSUE``; ConfigurationError if it is unknown."""
    return _check("REMEMBER_COOKIE_ISSUE", config.get("REMEMBER_COOKIE_ISSUE", TIMED))


def accepts(config: Config, name: str) -> bool:
    """Whether ``REMEMBER_COOKIE_ACCEPT`` has the format *name*; ConfigurationError if it has an unknown one."""
    accepted = config.get("REMEMBER_COOKIE_ACCEPT")
    if accepted is None:
        return True
    accepted = [accepted] if isinstance(accepted, str) else accepted
    return name in [_check("REMEMBER_COOKIE_ACCEPT", known) for known in accepted]


def _check(key: str, name: str) -> str:
    if name not in (TIMED, FLASK_LOGIN):
        raise ConfigurationError(key, name, 'use "timed" or "flask-login"')
    return name


def encode_cookie(payload: str, key: str | bytes | None = None) -> str:
    """Sign *payload* as Flask-Login does, with *key* or ``SECRET_KEY``; ConfigurationError if there is none."""
    return f"{payload}|{_digest(payload, _secret_key(key))}"


def decode_cookie(cookie: str, key: str | bytes | None = None) -> str | None:
    """The payload of a cookie from ``encode_cookie``; None if its signature is wrong.

    Without *key*, ``SECRET_KEY`` or any of ``SECRET_KEY_FALLBACKS`` may have signed it.
    """
    return _verify(cookie, _verification_keys(current_app.config) if key is None else [key])


def _verify(cookie: str, keys: list[str | bytes]) -> str | None:
    payload, separator, digest = cookie.rpartition("|")
    try:
        given = digest.encode()  # bytes, because compare_digest raises for strings that are not ASCII
        for key in keys if separator else ():
            if hmac.compare_digest(_digest(payload, _secret_key(key)).encode(), given):
                return payload
    except UnicodeEncodeError:  # a lone surrogate, which we never sign
        return None
    return None


def _digest(payload: str, key: bytes) -> str:
    return hmac.new(key, payload.encode(), sha512).hexdigest()


def _verification_keys(config: Config) -> list[Any]:
    """``SECRET_KEY_FALLBACKS``, then ``SECRET_KEY``: itsdangerous signs with the last. Empty without a key."""
    secret, fallbacks = config.get("SECRET_KEY"), config.get("SECRET_KEY_FALLBACKS") or ()
    if isinstance(fallbacks, str | bytes):  # one key, not one for each character
        fallbacks = [fallbacks]
    return [*filter(None, fallbacks), secret] if secret else []  # an empty key is not a secret


def _secret_key(key: str | bytes | None = None) -> bytes:
    key = key or current_app.config.get("SECRET_KEY")
    if not key:
        raise _missing_key()
    try:
        return key if isinstance(key, bytes) else key.encode("latin1")  # as Flask-Login does
    except UnicodeEncodeError:  # Flask-Login fails for such a key
        return str(key).encode()


def _missing_key() -> ConfigurationError:
    return ConfigurationError("SECRET_KEY", None, "set it to something unique and secret")
