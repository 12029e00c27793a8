"""How other libraries compare a password with a hash of theirs.

A password is compared as it was entered: none of them but Flask-Security-Too normalizes it. Limits are those of the
library: bcrypt reads 72 bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from importlib import import_module
from re import Match
from typing import Any

_BCRYPT_BYTES = 72  # bcrypt reads no more; bcrypt 5 refuses longer passwords, which earlier releases cut
_SCRYPT_MEMORY = 2**29  # bytes; OpenSSL counts a little more than N * r * 128

Check = Callable[[Match[str], bytes], bool]


def _bcrypt(stored: str, password: bytes) -> bool:
    package: Any = import_module("bcrypt")
    return bool(package.checkpw(password[:_BCRYPT_BYTES], stored.encode()))


def _by_libpass(scheme: str, stored: str, password: bytes) -> bool:
    handler: Any = getattr(import_module("passlib.hash"), scheme)
    return bool(handler.verify(password, stored))


def _libpass_check(scheme: str) -> Check:
    return lambda match, password: _by_libpass(scheme, match[0], password)


def _check_werkzeug(match: Match[str], password: bytes) -> bool:
    """Werkzeug before 3.0: an HMAC with the salt as key, or, without a salt, the digest alone."""
    name, salt = match["digest"], match["salt"].encode()
    made = hmac.new(salt, password, name) if salt else hashlib.new(name, password)
    return hmac.compare_digest(made.hexdigest(), match["hash"])


def _check_django_digest(match: Match[str], password: bytes) -> bool:
    """Django's MD5PasswordHasher and SHA1PasswordHasher, and the unsalted ones."""
    made = hashlib.new(match["digest"], match["salt"].encode() + password).hexdigest()
    return hmac.compare_digest(made, match["hash"])


def _check_django_pbkdf2(match: Match[str], password: bytes) -> bool:
    made = hashlib.pbkdf2_hmac(match["digest"], password, match["salt"].encode(), int(match["rounds"]))
    return _equals(made, match["hash"])


def _check_django_scrypt(match: Match[str], password: bytes) -> bool:
    made = hashlib.scrypt(
        password,
        salt=match["salt"].encode(),
        n=int(match["n"]),
        r=int(match["block"]),
        p=int(match["lanes"]),
        maxmem=_SCRYPT_MEMORY,
        dklen=64,
    )
    return _equals(made, match["hash"])


def _equals(made: bytes, stored: str) -> bool:
    return hmac.compare_digest(b64encode(made), stored.encode())


CHECKS: Mapping[str, Check] = {
    "bcrypt": lambda match, password: _bcrypt(match[0], password),
    "werkzeug": _check_werkzeug,
    "django_pbkdf2": _check_django_pbkdf2,
    "django_scrypt": _check_django_scrypt,
    "django_argon2": lambda match, password: _by_libpass("argon2", match["inner"], password),
    "django_bcrypt": lambda match, password: _bcrypt(match["inner"], password),
    "django_bcrypt_sha256": lambda match, password: _bcrypt(match["inner"], hex_sha256(password)),
    "django_digest": _check_django_digest,
    "django_unusable": lambda *_: False,
    **{
        scheme: _libpass_check(scheme)
        for scheme in (
            *("argon2", "bcrypt_sha256", "md5_crypt", "pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha512", "phpass"),
            *("scrypt", "sha256_crypt", "sha512_crypt"),
        )
    },
}
"""For each form, whether a password is that of a hash. They raise ValueError for a hash that cannot be read."""


def hex_sha256(password: bytes) -> bytes:
    """What Flask-Bcrypt with ``BCRYPT_HANDLE_LONG_PASSWORDS``, and Django, hash instead of a password."""
    return hashlib.sha256(password).hexdigest().encode()


def flask_security_hmac(password: bytes, salt: bytes) -> bytes:
    """What Flask-Security hashes instead of a password: an HMAC with ``SECURITY_PASSWORD_SALT``."""
    return b64encode(hmac.digest(salt, password, "sha512"))
