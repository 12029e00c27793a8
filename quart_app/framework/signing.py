"""itsdangerous with its keys derived once, each HMAC computed by one call, and a leeway for clocks that differ.

itsdangerous makes a signer for each value, derives the key from the secret anew for each signature, and computes both
by ``hmac.new``, which is written in Python. The signatures here are the same, in either direction.

It rejects a signature that is one second from the future as expired. So a host whose clock is behind by that would log
all users out (its issue 400), and the next change of the session would overwrite the valid cookie.

Written for itsdangerous 2.2, of which it overrides public methods only, for any serializer and signer: session
cookies, tokens of forms, and so on. If itsdangerous derives keys once itself, remove this module.
"""

from __future__ import annotations

import hmac
from typing import Any, Self

from itsdangerous import Serializer, SignatureExpired, Signer, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import HMACAlgorithm

_TOO_SHORT = 48  # bytes of JSON: zlib adds eight, and setting it up costs as much as three signatures

LEEWAY = 60
"""Seconds that this host's clock may be behind that of the one that signed."""


class FromTheFuture(SignatureExpired):
    """The signature is valid, but from the future by more than the leeway."""


class _OneCall(HMACAlgorithm):
    """HMAC by OpenSSL's function for it."""

    def __init__(self, digest_method: Any) -> None:
        super().__init__(digest_method)
        self._name: str = digest_method().name

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """The signature of a value."""
        return hmac.digest(key, value, self._name)


class QuickSigner(TimestampSigner):
    """A signer that derives each of its keys once. It takes no ``algorithm``: it is HMAC."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.algorithm = _OneCall(self.digest_method)
        self._derived: dict[str | bytes | None, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """The key of a secret, by default of the newest."""
        key = self._derived.get(secret_key)
        if key is None:
            key = self._derived[secret_key] = super().derive_key(secret_key)
        return key


class LenientSigner(QuickSigner):
    """A signer that accepts signatures of clocks that are ahead by the leeway at most."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        """The value, if it was signed no longer ago than *max_age* seconds.

        Raises:
            SignatureExpired: it was signed longer ago.
            FromTheFuture: it was signed by a clock that is too far ahead.
            BadSignature: it was not signed with one of the keys.
        """
        value, signed_at = super().unsign(signed_value, return_timestamp=True)
        age = self.get_timestamp() - int(signed_at.timestamp())
        if max_age is not None and age > max_age:
            raise SignatureExpired(f"Signature age {age} > {max_age} seconds", payload=value, date_signed=signed_at)
        if max_age is not None and age < -LEEWAY:
            raise FromTheFuture(f"Signature age {age} < -{LEEWAY} seconds", payload=value, date_signed=signed_at)
        return (value, signed_at) if return_timestamp else value


class QuickSerializer(URLSafeTimedSerializer):
    """A serializer that keeps its signer. Make another one when the secret keys change."""

    default_signer = QuickSigner

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._signer = super().make_signer()

    @classmethod
    def like(cls, serializer: URLSafeTimedSerializer, signer: type[QuickSigner] = QuickSigner) -> Self:
        """One with the keys, the salt and the format of another serializer."""
        return cls(
            serializer.secret_keys,
            salt=serializer.salt,
            serializer=serializer.serializer,
            serializer_kwargs=serializer.serializer_kwargs,
            signer=signer,
            signer_kwargs=serializer.signer_kwargs,
        )

    def dump_payload(self, obj: Any) -> bytes:
        """The value as JSON in base64, compressed as itsdangerous does it unless it is too short to become shorter."""
        json = Serializer.dump_payload(self, obj)
        return base64_encode(json) if len(json) <= _TOO_SHORT else super().dump_payload(obj)

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        """The signer, which is made anew for another salt only."""
        return self._signer if salt is None or salt == self.salt else super().make_signer(salt)
