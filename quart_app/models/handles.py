"""The handle of a login session: the secret in its cookies, of which the database has only a hash."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256

_BYTES = 32
_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def new_handle() -> str:
    """A handle of 256 random bits, as text (ASVS 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(_BYTES)


def hash_handle(handle: str) -> str | None:
    """The hash of a handle; None for a text that cannot be a handle, such as a user id in an old cookie.

    SHA-256 is enough, because a random handle cannot be found with a dictionary. A stolen table logs nobody in.
    """
    return sha256(handle.encode()).hexdigest() if _HANDLE.fullmatch(handle) else None
