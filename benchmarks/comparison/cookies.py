"""Cookies as a browser sees them: what a Set-Cookie says, and a jar that keeps, deletes and sends."""

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class SetCookie:
    """One Set-Cookie header."""

    name: str
    value: str
    domain: str | None
    path: str | None
    secure: bool
    httponly: bool
    samesite: str | None
    max_age: int | None
    #: Seconds since the epoch.
    expires: float | None
    other: tuple[str, ...] = ()

    @classmethod
    def parse(cls, header: str) -> "SetCookie":
        """Read the header as RFC 6265 section 5.2 says, keeping unknown attributes."""
        pair, *rest = header.split(";")
        name, _, value = pair.partition("=")
        attributes = {}
        for attribute in rest:
            key, _, content = attribute.strip().partition("=")
            attributes[key.lower()] = content
        max_age = attributes.pop("max-age", None)
        expires = attributes.pop("expires", None)
        return cls(
            name=name.strip(),
            value=value.strip(),
            domain=attributes.pop("domain", None),
            path=attributes.pop("path", None),
            secure=attributes.pop("secure", None) is not None,
            httponly=attributes.pop("httponly", None) is not None,
            samesite=attributes.pop("samesite", None),
            max_age=None if max_age is None else int(max_age),
            expires=None if expires is None else parsedate_to_datetime(expires).astimezone(UTC).timestamp(),
            other=tuple(sorted(attributes)),
        )

    def deletes(self, now: float) -> bool:
        """Whether a browser forgets the cookie at once (Max-Age wins over Expires)."""
        if self.max_age is not None:
            return self.max_age <= 0
        return self.expires is not None and self.expires <= now


@dataclass
class Jar:
    """The cookies of one browser, and every value that they had.

    Path, Domain and Secure tell cookies apart, but do not keep them from being sent: the histories are about what
    the server does with a cookie, so it shall get it.
    """

    _cookies: dict[tuple[str, str | None, str | None], str] = field(default_factory=dict)
    _past: dict[str, list[str]] = field(default_factory=dict)

    def receive(self, cookie: SetCookie, now: float) -> None:
        """Do what a Set-Cookie says."""
        key = (cookie.name, cookie.domain, cookie.path)
        if cookie.deletes(now):
            self._cookies.pop(key, None)
        else:
            self._cookies[key] = cookie.value
            self._past.setdefault(cookie.name, []).append(cookie.value)

    def get(self, name: str) -> str | None:
        """The value that is sent first under this name."""
        return next((value for (key, _, _), value in self._cookies.items() if key == name), None)

    def put(self, name: str, value: str | None) -> None:
        """Replace all cookies of this name by one value, or by none."""
        for key in [key for key in self._cookies if key[0] == name]:
            del self._cookies[key]
        if value is not None:
            self._cookies[(name, None, "/")] = value

    def past(self, name: str, age: int) -> str | None:
        """A value that the server gave earlier: 0 is the newest; counts around when there are fewer."""
        values = self._past.get(name, [])
        return values[-1 - age % len(values)] if values else None

    def header(self) -> str | None:
        """The Cookie header, or None for an empty jar."""
        return "; ".join(f"{name}={value}" for (name, _, _), value in self._cookies.items()) or None

    def names(self) -> list[tuple[str, str | None, str | None]]:
        """Name, domain and path of each cookie, in the order in which they are sent."""
        return list(self._cookies)
