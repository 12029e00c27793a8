"""Keeps session cookies small enough for browsers.

A browser drops a cookie that is too long without a word. Quart sends it all the same, and Werkzeug warns. So what is
dispensable is left out first: a message, or where to go next. The login has a cookie of its own, which is never long.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from itsdangerous import URLSafeTimedSerializer
from quart import Quart

from .session_keys import FLASHES, FORMS, NEXT

LONGEST = 3800
"""Bytes of name and value. Browsers keep 4,096 with the attributes, which need their part (RFC 6265, section 6.1)."""


def shortened_value(
    app: Quart, serializer: URLSafeTimedSerializer, name: str, pages: dict[str, Any]
) -> str | bytes | None:
    """The value of a cookie for pages that is too long, without what is too much; None to delete it.

    The oldest messages are left out first, and then whatever else is too much; the log names what.

    Arguments:
        app: the application, in whose log it is.
        serializer: signs the content.
        name: that of the cookie.
        pages: the content, from which the surplus is removed.
    """
    left_out: dict[str, None] = {}
    while pages and len(value := serializer.dumps(pages)) > LONGEST - len(name):
        dropped = _leave_something_out(pages)
        if dropped is None:
            break
        left_out[dropped] = None
    if left_out:
        names = ", ".join(left_out)
        app.logger.error("A session was too long for a cookie. Left out: %s. Store less in the session.", names)
    return value if pages else None


def _leave_something_out(pages: MutableMapping[str, Any]) -> str | None:
    """The name of what was left out, or None: the oldest message, where to go next, anything but the form token."""
    if flashes := pages.get(FLASHES):
        pages[FLASHES] = flashes[1:]
        return "messages"
    name = next((name for name in (NEXT, *pages) if name in pages and name != FORMS), None)
    if name is not None:
        del pages[name]
    return name
