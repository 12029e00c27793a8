"""The keys that usernames and email addresses are compared by."""

from __future__ import annotations

import unicodedata


def username_key(username: str) -> str:
    """The key of a username: it ignores case and the composition of accents.

    Nearly Unicode's NFKC_Casefold (Unicode 16, section 3.13): folding may undo the normal form, so the result is
    normalized again.
    """
    return _fold(username.strip())


def email_key(email: str) -> str:
    """The key of an email address. It ignores case, as providers do in practice (``Susan@``, ``susan@``)."""
    return _fold(email.strip())


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
