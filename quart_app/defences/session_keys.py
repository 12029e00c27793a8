"""The keys of Quart's session that the application reads: whose they are, and which must not be lost."""

from __future__ import annotations

from compat.config import SESSION_KEYS
from compat.login_session import NEXT, USER_ID

FLASHES = "_flashes"
"""Quart's: messages for the next page."""

FORMS = "csrf_token"
"""Quart-WTForms': without it no open form can be sent, and nobody can log in."""

_FRESH_SINCE = "_fresh_since"  # compat's, which no list of its own has: Flask-Login does not know it

LOGIN = frozenset({*SESSION_KEYS, _FRESH_SINCE, FORMS} - {NEXT})
"""What a login consists of, and the token of its forms."""

__all__ = ["FLASHES", "FORMS", "LOGIN", "NEXT", "USER_ID"]
