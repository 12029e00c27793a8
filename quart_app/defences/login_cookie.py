"""The session as two cookies: one for the login, one for what pages keep.

A response writes the whole of a cookie. If the login and the messages for the next page were in one, a page that was
requested before a login, or before its handle was renewed, and that is answered afterwards, would overwrite the new
login with what it was sent: the browser that has just changed its password would be logged out by its other tabs. So
the login has a cookie of its own, which is written only where somebody logs in, confirms the password, or logs out. Two
things follow from each request instead, and are not written: that a remember cookie restores a login, and that session
protection finds a login stale, because it comes from another address.

The other cookie says which login it belongs to, and counts for no other: what was planted before a login does not
survive it, even if a slow response brings it back.
"""

from __future__ import annotations

from copy import deepcopy
from hashlib import sha256
from typing import Any, Self

from quart.sessions import SecureCookieSession

from .session_keys import FLASHES, FORMS, FRESH, LOGIN, USER_ID

_OWNER = "_login"
"""The key that names the login in the cookie for pages."""


class Session(SecureCookieSession):
    """A session that knows what the browser has of it."""

    def __init__(self, initial: Any = None) -> None:
        super().__init__(initial)
        self._login_cookie: dict[str, Any] = {}
        self._pages_cookie: dict[str, Any] = {}
        self._handle: object = None

    @classmethod
    def of(cls, login: dict[str, Any], pages: dict[str, Any], *, is_early: bool = False) -> Self:
        """The session of these cookies.

        A login has a form token that follows from its handle: forms need no cookie, and a form that was opened before
        the login ended can still be sent.

        Arguments:
            login: the content of the session cookie. One that was written when there was no other cookie holds both.
            pages: the content of the cookie for pages.
            is_early: whether the clock of this host is too far behind to accept the login.
        """
        handle = login.get(USER_ID)
        kept = {key: value for key, value in login.items() if key in LOGIN} if USER_ID in login else {}
        for_pages = _for_pages(pages) if pages.get(_OWNER) == _owner(handle) else {}
        if not pages:
            for_pages = _for_pages({key: value for key, value in login.items() if key not in kept})
        if not _are_flashes(for_pages.get(FLASHES, [])):
            del for_pages[FLASHES]
        session = cls({**for_pages, **({} if is_early else kept)})
        token = form_token(handle)
        if token is not None:
            dict.__setitem__(session, FORMS, kept.get(FORMS, token))  # which modifies nothing that has to be sent
        session._login_cookie = {} if is_early else login
        session._pages_cookie = deepcopy(pages) if pages else {}
        session._handle = handle
        return session

    def __setitem__(self, key: str, value: Any) -> None:
        """Set a key. With a login comes the token of its forms, and no token of a visitor remains."""
        super().__setitem__(key, value)
        if key == USER_ID and (token := form_token(value)) is not None:
            super().__setitem__(FORMS, token)

    def to_write(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """The new contents of the session cookie, and of that for pages: empty to delete it, None to leave it."""
        if not self.modified:
            return None, None
        login = self._login_to_write()
        return login, self._pages_to_write(self._handle if login is None else self.get(USER_ID))

    def _login_to_write(self) -> dict[str, Any] | None:
        login = _login_of(self)
        if login and not login.get(FRESH) and self._follows_from_cookies(login):
            return None
        return None if login == self._login_cookie else login

    def _follows_from_cookies(self, login: dict[str, Any]) -> bool:
        """Whether the next request finds this restored or stale login again, without a new session cookie.

        It does not where the session cookie has a void handle, or is from when there was no cookie for pages.
        """
        cookie = self._login_cookie
        return not cookie or (cookie.get(USER_ID) == login[USER_ID] and cookie.keys() <= LOGIN)

    def _pages_to_write(self, handle: object) -> dict[str, Any] | None:
        """The new content of the cookie for pages, which belongs to the login with this handle."""
        pages = {key: value for key, value in self.items() if key not in LOGIN}
        if USER_ID not in self and FORMS in self and self[FORMS] != form_token(handle):
            pages[FORMS] = self[FORMS]
        owner = _owner(handle)
        if pages and owner is not None:
            pages[_OWNER] = owner
        return None if pages == self._pages_cookie else pages


def form_token(handle: object) -> str | None:
    """The token of the forms of a login; None without a login. Whoever does not know the handle cannot guess it."""
    return _digest("form token", handle)


def _owner(handle: object) -> str | None:
    return _digest("owner", handle)


def _digest(purpose: str, handle: object) -> str | None:
    if not isinstance(handle, str):
        return None
    return sha256(f"{purpose} of {handle}".encode(errors="surrogatepass")).hexdigest()[:40]


def _login_of(session: Session) -> dict[str, Any]:
    """The part of a session that is its login: nothing, without the id of a user."""
    if USER_ID not in session:
        return {}
    login = {key: value for key, value in session.items() if key in LOGIN}
    if FORMS in login and login[FORMS] == form_token(login[USER_ID]):
        del login[FORMS]
    return login


def _are_flashes(value: object) -> bool:
    """Whether the value is a list of pairs, which templates can iterate over without an error."""
    return isinstance(value, list) and all(isinstance(each, list | tuple) and len(each) == 2 for each in value)


def _for_pages(content: dict[str, Any]) -> dict[str, Any]:
    """What counts in the cookie for pages: no login, even if a session cookie is sent under its name."""
    return {key: value for key, value in content.items() if key == FORMS or key not in {*LOGIN, _OWNER}}
