"""Reading session cookies from hosts whose clocks differ, and damaged ones.

itsdangerous rejects a signature that is one second from the future as expired. So a host whose clock is behind by that
would log all users out (its issue 400), and the next change of the session would overwrite the valid cookie. Here a
leeway of a minute is accepted; compat has its own for the remember cookie.

A cookie from further in the future may be valid, too: it is unknown which clock is wrong. Until this clock has caught
up, its login is ignored and not overwritten, except by a new login; the CSRF token in it is accepted, so that the user
can log in.
"""

from __future__ import annotations

from typing import Any

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from quart import Quart
from quart.sessions import SecureCookieSession, SecureCookieSessionInterface
from quart.wrappers import BaseRequestWebsocket

from .login_cookie import Session, pages_cookie_name
from .session_keys import FLASHES

_LEEWAY = 60  # seconds that this host's clock may be behind that of the one that signed


class _FromTheFuture(SignatureExpired):
    """The signature is valid, but from the future by more than the leeway."""


class _Signer(TimestampSigner):
    """A signer that accepts signatures of clocks that are ahead by the leeway at most."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        value, signed_at = super().unsign(signed_value, return_timestamp=True)
        age = self.get_timestamp() - int(signed_at.timestamp())
        if max_age is not None and age > max_age:
            raise SignatureExpired(f"Signature age {age} > {max_age} seconds", payload=value, date_signed=signed_at)
        if max_age is not None and age < -_LEEWAY:
            raise _FromTheFuture(f"Signature age {age} < -{_LEEWAY} seconds", payload=value, date_signed=signed_at)
        return (value, signed_at) if return_timestamp else value


class TolerantSessions(SecureCookieSessionInterface):
    """Cookie sessions that accept cookies of hosts whose clocks are ahead."""

    session_class = Session

    def __init__(self) -> None:
        self._keys: list[str | bytes | None] = []
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Quart) -> URLSafeTimedSerializer | None:
        """Quart's serializer with our signer. Keys, salt and format are the same, so cookies are compatible.

        It is kept until the keys change: making one takes as long as reading a cookie with it.
        """
        keys = [app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ())]
        if keys != self._keys:
            self._keys, self._serializer = keys, super().get_signing_serializer(app)
            if self._serializer is not None:
                self._serializer.signer = _Signer
        return self._serializer

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> SecureCookieSession | None:
        """The session of the two cookies; an empty one if there is none, or if it cannot be read, or not yet."""
        serializer, cookies, name = self.get_signing_serializer(app), request.cookies, self.get_cookie_name(app)
        if serializer is None:
            return None
        max_age = int(app.permanent_session_lifetime.total_seconds())
        login, is_early = _read(serializer, cookies.get(name), max_age)
        pages, _ = _read(serializer, cookies.get(pages_cookie_name(name)), max_age)
        for content in (login, pages):
            if not _are_flashes(content.get(FLASHES, [])):
                del content[FLASHES]
        return Session.of(login, pages, is_early=is_early)


def _read(serializer: URLSafeTimedSerializer, cookie: str | None, max_age: int) -> tuple[dict[str, Any], bool]:
    """What is in a cookie, and whether it is from the future."""
    if cookie is None:
        return {}, False
    is_early = False
    try:
        try:
            content = serializer.loads(cookie, max_age=max_age)
        except _FromTheFuture as early:
            is_early = True
            content = serializer.load_payload(early.payload or b"")
    except (BadData, TypeError, ValueError):  # perhaps signed by us, and no session: another version's
        return {}, False
    return (content, is_early) if isinstance(content, dict) else ({}, False)


def _are_flashes(value: object) -> bool:
    """Whether the value is a list of pairs, which templates can iterate over without an error."""
    return isinstance(value, list) and all(isinstance(each, list | tuple) and len(each) == 2 for each in value)
