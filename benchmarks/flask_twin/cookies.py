"""The session in two cookies, as quart_app has it: a login begun on one application holds on the other."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadData, URLSafeTimedSerializer

from quart_app.defences.login_cookie import Session
from quart_app.defences.session_cookies import cookie_names

_FAILED = 500


class TwoCookies(SecureCookieSessionInterface):
    """Sessions that are not saved with an answer of 500 and above, nor is any other cookie."""

    session_class = Session

    def open_session(self, app: Flask, request: Request) -> Session | None:
        """The session of both cookies."""
        serializer, name = self.get_signing_serializer(app), self.get_cookie_name(app)
        if serializer is None:
            return None
        max_age = int(app.permanent_session_lifetime.total_seconds())
        login, pages = (_read(serializer, request.cookies.get(each), max_age) for each in cookie_names(name))
        return Session.of(login, pages)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookies that have changed, which is the last that happens to an answer."""
        response.vary.add("Cookie")
        if response.status_code >= _FAILED:
            response.headers.pop("Set-Cookie", None)
        elif isinstance(session, Session):
            names = cookie_names(self.get_cookie_name(app))
            for name, content in zip(names, session.to_write(), strict=True):
                if content is not None:
                    self._write(app, session, response, name, content)

    def _write(self, app: Flask, session: Session, response: Response, name: str, content: dict[str, Any]) -> None:
        attributes: dict[str, Any] = {
            "httponly": self.get_cookie_httponly(app),
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "samesite": self.get_cookie_samesite(app),
        }
        serializer = self.get_signing_serializer(app)
        if content and serializer is not None:
            value = serializer.dumps(content)
            response.set_cookie(name, str(value), expires=self.get_expiration_time(app, session), **attributes)
        else:
            response.delete_cookie(name, **attributes)


def _read(serializer: URLSafeTimedSerializer, cookie: str | None, max_age: int) -> dict[str, Any]:
    try:
        content = serializer.loads(cookie or "", max_age=max_age)
    except (BadData, TypeError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
