"""The keys of Quart's session that the application reads: whose they are, and which must not be lost."""

from __future__ import annotations

from compat.login_session import LOGIN_KEYS, NEXT, REMEMBER, USER_ID

FLASHES = "_flashes"
"""Quart's: messages for the next page."""

FORMS = "csrf_token"
"""Quart-WTForms': without it no open form can be sent, and nobody can log in."""

LOGIN = LOGIN_KEYS | {REMEMBER, FORMS}
"""What a login consists of, and the token of its forms."""

__all__ = ["FLASHES", "FORMS", "LOGIN", "NEXT", "USER_ID"]
