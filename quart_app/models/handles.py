"""The handle of a login session: what its cookies hold, and the database does not."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256

_BYTES = 32
_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def new_handle() -> str:
    """256 random bits as text: nobody guesses one, and no two are alike (ASVS 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(_BYTES)


def hash_handle(handle: str) -> str | None:
    """What the database knows a handle by; None for what cannot be one, such as the user ids of older cookies.

    A plain hash is enough for what is random: there is no dictionary to try. So a stolen table opens nothing.
    """
    return sha256(handle.encode()).hexdigest() if _HANDLE.fullmatch(handle) else None
