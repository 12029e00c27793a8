"""Session cookies that browsers keep.

A cookie that is too long is dropped by the browser without a word, and a login that was in it never began. Quart
sends it all the same, and Werkzeug warns. So what can be missed is left out first: a message, or where to go next.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from quart import Quart, Response
from quart.sessions import SessionMixin
from werkzeug.wrappers import Response as WerkzeugResponse

from .session_cookies import USER_ID, TolerantSessions

LONGEST = 3800
"""Bytes of name and value. Browsers keep 4,096 with the attributes, which need their part (RFC 6265, section 6.1)."""

_FLASHES = "_flashes"  # Quart's key
_NEXT = "next"  # compat's, as Flask-Login's
# compat's, and the token of forms, without which nobody could log in.
_LOGIN = frozenset({USER_ID, "_fresh", "_fresh_since", "_id", "_remember_seconds", "csrf_token"})


class FittingSessions(TolerantSessions):
    """Cookie sessions that leave out what does not fit, and never the login."""

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        """Save it, without the oldest messages and whatever else is too much; the log says what that was."""
        if response is not None and session and self.should_set_cookie(app, session):
            left_out: dict[str, None] = {}
            while self._is_too_long(app, session) and (name := _leave_something_out(session)) is not None:
                left_out[name] = None
            if left_out:
                app.logger.error("A session was too long for a cookie. Left out: %s.", ", ".join(left_out))
        await super().save_session(app, session, response)

    def _is_too_long(self, app: Quart, session: SessionMixin) -> bool:
        serializer = self.get_signing_serializer(app)
        return (
            serializer is not None and len(self.get_cookie_name(app)) + len(serializer.dumps(dict(session))) > LONGEST
        )


def _leave_something_out(session: MutableMapping[str, Any]) -> str | None:
    """The name of what has been left out: the oldest message, where to go next, anything but the login; or None."""
    if flashes := session.get(_FLASHES):
        session[_FLASHES] = flashes[1:]
        return "messages"
    name = next((name for name in (_NEXT, *session) if name in session and name not in _LOGIN), None)
    if name is not None:
        del session[name]
    return name
