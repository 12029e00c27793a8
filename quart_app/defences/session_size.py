"""Session cookies that browsers keep.

A browser drops a cookie that is too long without a word, and a login that was in it never began. Quart sends it all
the same, and Werkzeug warns. So what is dispensable is left out first: a message, or where to go next.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from quart import Quart, Response
from quart.sessions import SessionMixin
from werkzeug.wrappers import Response as WerkzeugResponse

from .session_cookies import TolerantSessions
from .session_keys import FLASHES, LOGIN, NEXT

LONGEST = 3800
"""Bytes of name and value. Browsers keep 4,096 with the attributes, which need their part (RFC 6265, section 6.1)."""


class FittingSessions(TolerantSessions):
    """Cookie sessions that leave out what does not fit, and never the login."""

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        """Write the session, without the oldest messages and whatever else is too much; the log names what that was.

        Quart's own method writes no cookie, or deletes it. Where there is one to set this does what that would, as
        Quart's has no way to take a value that has been measured, and would serialise the session again.
        """
        value = self._fitting_value(app, session) if response is not None and session else None
        if response is None or value is None:
            await super().save_session(app, session, response)
            return
        response.set_cookie(
            self.get_cookie_name(app),
            value,
            expires=self.get_expiration_time(app, session),
            httponly=self.get_cookie_httponly(app),
            domain=self.get_cookie_domain(app),
            partitioned=self.get_cookie_partitioned(app),
            path=self.get_cookie_path(app),
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app),
        )
        response.vary.add("Cookie")

    def _fitting_value(self, app: Quart, session: SessionMixin) -> str | None:
        """The value of the cookie, serialised once if it fits; None if none is to be set."""
        serializer = self.get_signing_serializer(app)
        if serializer is None or not self.should_set_cookie(app, session):
            return None
        room = LONGEST - len(self.get_cookie_name(app))
        left_out: dict[str, None] = {}
        while len(value := _text(serializer.dumps(dict(session)))) > room:
            name = _leave_something_out(session)
            if name is None:
                break
            left_out[name] = None
        if left_out:
            app.logger.error("A session was too long for a cookie. Left out: %s.", ", ".join(left_out))
        return value


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def _leave_something_out(session: MutableMapping[str, Any]) -> str | None:
    """The name of what has been left out: the oldest message, where to go next, anything but the login; or None."""
    if flashes := session.get(FLASHES):
        session[FLASHES] = flashes[1:]
        return "messages"
    name = next((name for name in (NEXT, *session) if name in session and name not in LOGIN), None)
    if name is not None:
        del session[name]
    return name
