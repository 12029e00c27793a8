"""Reads and writes the two session cookies: also those of hosts whose clocks differ, and none with a failed response.

An error must not change who is logged in. Quart saves the session whatever the status is: a view that logs a user in
and then fails would leave the user logged in, and a database error while a login is restored could end it. Django
does not save it, either. And a program that uses a token must not get a cookie as a second credential.

A cookie that another host has signed a minute ahead of this one is accepted (see ``signing``); compat has a leeway of
its own for the remember cookie. A cookie from further in the future may be valid, too: it is unknown which clock is
wrong. Until this clock has caught up, its login is ignored and not overwritten, except by a new login; the CSRF token
in it is accepted, so that the user can log in.
"""

from __future__ import annotations

from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from quart import Quart, Response, has_request_context, request
from quart.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from quart.wrappers import BaseRequestWebsocket
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_app.application import Application
from quart_app.faces import is_for_api, is_token_only
from quart_app.framework.signing import FromTheFuture, LenientSigner, QuickSerializer
from quart_app.framework.unproxied import current_request
from quart_app.sessions.bearer import sent_bearer_token

from .login_cookie import Session
from .schemes import SchemeWarning
from .session_size import LONGEST, shortened_value

_FAILED = 500


def init_app(app: Application) -> None:
    """Keep the sessions of this application in two cookies."""
    app.session_interface = SessionCookies(SchemeWarning(app))


def cookie_names(name: str) -> tuple[str, str]:
    """The names of both cookies, of which visitors have the second only: the session cookie, and that for pages."""
    return name, f"{name}_data"


class SessionCookies(SecureCookieSessionInterface):
    """Sessions in two cookies: that of the login is written as it is, that for pages without what does not fit.

    Arguments:
        scheme_warning: looks at requests whose scheme is not that of the cookies.
    """

    session_class = Session

    def __init__(self, scheme_warning: SchemeWarning) -> None:
        self._scheme_warning = scheme_warning
        self._keys: list[str | bytes | None] = []
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Quart) -> URLSafeTimedSerializer | None:
        """Quart's serializer with our signer. Keys, salt and format are the same, so cookies are compatible.

        It is kept until the keys change: making one takes as long as reading a cookie with it.
        """
        keys = [app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ())]
        if keys != self._keys:
            serializer = super().get_signing_serializer(app)
            self._keys = keys
            self._serializer = None if serializer is None else QuickSerializer.like(serializer, LenientSigner)
        return self._serializer

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> SecureCookieSession | None:
        """The session of the two cookies; an empty one if there is none, or if it cannot be read, or not yet."""
        serializer, cookies = self.get_signing_serializer(app), request.cookies
        if serializer is None:
            return None
        max_age = int(app.permanent_session_lifetime.total_seconds())
        name, pages_name = cookie_names(self.get_cookie_name(app))
        login, is_early = _read(serializer, cookies.get(name), max_age)
        pages, _ = _read(serializer, cookies.get(pages_name), max_age)
        return Session.of(login, pages, is_early=is_early)

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        """Write what has changed. From a failed response, and one to a token or another origin, remove all cookies.

        It is the last that happens to a response, so all others have set their cookies. Quart's own method would write
        one cookie with everything.
        """
        names = name, pages_name = cookie_names(self.get_cookie_name(app))
        serializer = self.get_signing_serializer(app)
        if response is not None:
            if has_request_context() and request.is_secure != self.get_cookie_secure(app):
                self._scheme_warning.look_at(current_request(), response.status_code, names)
            has_cookies = "Set-Cookie" in response.headers or not isinstance(session, Session) or session.modified
            if has_cookies and (response.status_code >= _FAILED or _is_for_a_token()):
                response.headers.pop("Set-Cookie", None)
                return
        if response is None or serializer is None or not isinstance(session, Session):
            await super().save_session(app, session, response)
            return
        if session.accessed:
            response.vary.add("Cookie")
        if not session.modified:
            return
        login, pages = session.to_write()
        values: list[tuple[str, str | bytes | None]] = []
        if login is not None:
            values.append((name, serializer.dumps(login) if login else None))
        if pages is not None:
            values.append((pages_name, _value_for_pages(app, serializer, pages_name, pages)))
        for cookie, value in values:
            self._write(app, session, response, cookie, value)

    def _write(
        self,
        app: Quart,
        session: SessionMixin,
        response: Response | WerkzeugResponse,
        name: str,
        value: str | bytes | None,
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
            text = value if isinstance(value, str) else value.decode()
            response.set_cookie(name, text, expires=self.get_expiration_time(app, session), **attributes)
        response.vary.add("Cookie")


def _read(serializer: URLSafeTimedSerializer, cookie: str | None, max_age: int) -> tuple[dict[str, Any], bool]:
    """What is in a cookie, and whether it is from the future."""
    if cookie is None:
        return {}, False
    is_early = False
    try:
        try:
            content = serializer.loads(cookie, max_age=max_age)
        except FromTheFuture as early:
            is_early = True
            content = serializer.load_payload(early.payload or b"")
    except (BadData, TypeError, ValueError):  # perhaps signed by us, and no session: another version's
        return {}, False
    return (content, is_early) if isinstance(content, dict) else ({}, False)


def _value_for_pages(
    app: Quart, serializer: URLSafeTimedSerializer, name: str, pages: dict[str, Any]
) -> str | bytes | None:
    """The value of the cookie for pages, serialised once if it fits; None to delete it."""
    value = serializer.dumps(pages) if pages else None
    if value is None or len(value) <= LONGEST - len(name):
        return value
    return shortened_value(app, serializer, name, pages)


def _is_for_a_token() -> bool:
    """Whether the request has a bearer token, or can have nothing else: the other origin, too, gets no cookies."""
    if not has_request_context():
        return False
    return is_token_only(request) or (is_for_api() and sent_bearer_token(request) is not None)
