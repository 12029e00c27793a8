"""itsdangerous with its keys derived once, and each HMAC computed by one call.

itsdangerous makes a signer for each value, derives the key from the secret anew for each signature, and computes both
by ``hmac.new``, which is written in Python. The signatures here are the same, in either direction.

Written for itsdangerous 2.2, of which it overrides public methods only, for any serializer and signer: session
cookies, tokens of forms, and so on. If itsdangerous derives keys once itself, remove this module.
"""

from __future__ import annotations

import hmac
from typing import Any, Self

from itsdangerous import Serializer, Signer, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import HMACAlgorithm

_TOO_SHORT = 48  # bytes of JSON: zlib adds eight, and setting it up costs as much as three signatures


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
