"""Reading session cookies: those of hosts whose clocks differ, and those that hold no session.

itsdangerous takes a signature that is from the future by one second for an expired one, so a host whose clock is
behind by that would log everybody out (its issue 400), and the next thing written to the session would overwrite the
good cookie. The remember cookie's own leeway is compat's.

What is from further in the future may be good as well: where it is read, or where a clock that was ahead was set
right, nobody knows which of the two is wrong. Until then a login in it is nobody's, and is not overwritten, unless
somebody logs in; the token of its forms counts, so that somebody can.
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
    """The signature is good, and younger than now by more than the leeway."""


class _Signer(TimestampSigner):
    """Takes what was signed by a clock that is a little ahead."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        value, signed_at = super().unsign(signed_value, return_timestamp=True)
        age = self.get_timestamp() - int(signed_at.timestamp())
        if max_age is not None and age > max_age:
            raise SignatureExpired(f"Signature age {age} > {max_age} seconds", payload=value, date_signed=signed_at)
        if max_age is not None and age < -_LEEWAY:
            raise _FromTheFuture(f"Signature age {age} < -{_LEEWAY} seconds", payload=value, date_signed=signed_at)
        return (value, signed_at) if return_timestamp else value


class TolerantSessions(SecureCookieSessionInterface):
    """Cookie sessions that are read although the clock of the host that signed them was a little ahead."""

    session_class = Session

    def __init__(self) -> None:
        self._keys: list[str | bytes | None] = []
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Quart) -> URLSafeTimedSerializer | None:
        """Quart's own, with our signer: keys, salt and format are the same, and so are the cookies.

        It is made once for the keys there are, as that takes as long as reading a cookie with it.
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
    """Whether these are categories and messages, which pages go through without looking."""
    return isinstance(value, list) and all(isinstance(each, list | tuple) and len(each) == 2 for each in value)
