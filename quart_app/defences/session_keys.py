"""The keys of Quart's session: which library owns them, and which must not be removed from it."""

from __future__ import annotations

from compat.login_session import FRESH, LOGIN_KEYS, NEXT, REMEMBER, USER_ID

FLASHES = "_flashes"
"""Flashed messages for the next page, written by Quart."""

FORMS = "csrf_token"
"""The CSRF token, written by Quart-WTForms: without it no open form is accepted, not even a login."""

LOGIN = LOGIN_KEYS | {REMEMBER, FORMS}
"""The keys of a login, and the CSRF token of its forms: never removed to save space."""

__all__ = ["FLASHES", "FORMS", "FRESH", "LOGIN", "NEXT", "USER_ID"]
