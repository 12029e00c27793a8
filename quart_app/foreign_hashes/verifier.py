"""Comparing passwords with hashes of other libraries."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from contextlib import suppress

from .checks import CHECKS, flask_security_hmac, hex_sha256
from .schemes import SCHEMES, affordable_match

_PASSWORD_MAX = 4096  # bytes: libpass refuses more, and no library's user had one


class ForeignHashes:
    """The hashes of other libraries that an application accepts.

    Arguments:
        schemes: their names, see :data:`~quart_app.foreign_hashes.schemes.SCHEMES`; checked before.
        flask_security_salt: ``SECURITY_PASSWORD_SALT``, if *schemes* have ``flask_security``.
    """

    def __init__(self, schemes: Collection[str] = (), *, flask_security_salt: str | None = None) -> None:
        self._schemes = {form: name for name in schemes for form in SCHEMES[name].forms}
        self._salt = flask_security_salt

    def reads(self, stored: str) -> bool:
        """Whether this is a hash of one of the schemes, which costs no more than a hash may."""
        return any(affordable_match(form, stored) for form in self._schemes)

    def verify(self, stored: str, password: str) -> bool:
        """Whether this is the password of a hash; False, too, for a hash that cannot be read.

        It takes as long as that library does, and blocks: call it in a thread.
        """
        for form, scheme in self._schemes.items():
            match = affordable_match(form, stored)
            # A hash may look right and still have, say, a salt that is not base64; a password may be no text.
            with suppress(ValueError, TypeError):
                if match is not None and any(CHECKS[form](match, text) for text in self._texts(scheme, password)):
                    return True
        return False

    def _texts(self, scheme: str, password: str) -> list[bytes]:
        """What a library hashed for this password; Flask-Security-Too normalizes it, Flask-Security did not."""
        entered = password.encode()
        if len(entered) > _PASSWORD_MAX:
            return []
        if scheme == "flask_bcrypt_long":
            return [hex_sha256(entered)]
        if scheme != "flask_security":
            return [entered]
        salt = (self._salt or "").encode()
        normal = unicodedata.normalize("NFKD", password).encode()
        return [flask_security_hmac(text, salt) for text in dict.fromkeys((normal, entered))]
