"""Keeps session cookies small enough for browsers.

A browser drops a cookie that is too long without a word. Quart sends it all the same, and Werkzeug warns. So what is
dispensable is left out first: a message, or where to go next. The login has a cookie of its own, which is never long.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from itsdangerous import URLSafeTimedSerializer
from quart import Quart, Response
from quart.sessions import SessionMixin
from werkzeug.wrappers import Response as WerkzeugResponse

from .login_cookie import Session, pages_cookie_name
from .session_cookies import TolerantSessions
from .session_keys import FLASHES, FORMS, NEXT

LONGEST = 3800
"""Bytes of name and value. Browsers keep 4,096 with the attributes, which need their part (RFC 6265, section 6.1)."""


class FittingSessions(TolerantSessions):
    """Sessions in two cookies, of which that for pages leaves out what does not fit."""

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        """Write what has changed, without the oldest messages and whatever else is too much; the log names what.

        Quart's own method would write one cookie with everything.
        """
        serializer = self.get_signing_serializer(app)
        if response is None or serializer is None or not isinstance(session, Session):
            await super().save_session(app, session, response)
            return
        if session.accessed:
            response.vary.add("Cookie")
        name, login, pages = self.get_cookie_name(app), session.login_to_write(), session.pages_to_write()
        if login is not None:
            self._write(app, session, response, name, _text(serializer.dumps(login)) if login else None)
        if pages is not None:
            name = pages_cookie_name(name)
            self._write(app, session, response, name, _fitting_value(app, serializer, name, pages))

    def _write(
        self,
        app: Quart,
        session: SessionMixin,
        response: Response | WerkzeugResponse,
        name: str,
        value: str | None,
    ) -> None:
        """Set a cookie, or delete it if the value is None, with the same attributes."""
        attributes: dict[str, Any] = {
            "httponly": self.get_cookie_httponly(app),
            "domain": self.get_cookie_domain(app),
            "partitioned": self.get_cookie_partitioned(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "samesite": self.get_cookie_samesite(app),
        }
        if value is None:
            response.delete_cookie(name, **attributes)
        else:
            response.set_cookie(name, value, expires=self.get_expiration_time(app, session), **attributes)
        response.vary.add("Cookie")


def _fitting_value(app: Quart, serializer: URLSafeTimedSerializer, name: str, pages: dict[str, Any]) -> str | None:
    """The value of the cookie for pages, serialised once if it fits; None to delete it."""
    left_out: dict[str, None] = {}
    while pages and len(value := _text(serializer.dumps(pages))) > LONGEST - len(name):
        dropped = _leave_something_out(pages)
        if dropped is None:
            break
        left_out[dropped] = None
    if left_out:
        app.logger.error("A session was too long for a cookie. Left out: %s.", ", ".join(left_out))
    return value if pages else None


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def _leave_something_out(pages: MutableMapping[str, Any]) -> str | None:
    """The name of what was left out, or None: the oldest message, where to go next, anything but the form token."""
    if flashes := pages.get(FLASHES):
        pages[FLASHES] = flashes[1:]
        return "messages"
    name = next((name for name in (NEXT, *pages) if name in pages and name != FORMS), None)
    if name is not None:
        del pages[name]
    return name
