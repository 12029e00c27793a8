"""When two names are the same name."""

from __future__ import annotations

import unicodedata


def username_key(username: str) -> str:
    """What a username is compared by: neither case nor the way of typing an accent makes a difference.

    Unicode's NFKC_Casefold, near enough (Unicode 16, section 3.13): folding may undo the normal form, so
    that is taken once more.
    """
    return _fold(username.strip())


def email_key(email: str) -> str:
    """What an email address is compared by. No provider that matters tells ``Susan@`` from ``susan@``."""
    return _fold(email.strip())


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
