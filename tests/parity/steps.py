"""The steps that only these histories have: requests, and changes to cookies and users between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Never, TypeAlias

from benchmarks.comparison import signing
from benchmarks.comparison.signing import SECRET
from benchmarks.comparison.steps import Browsers, Step, cookie_name

from .sides import Answer, Side
from .wire import Client, Place, WireRequest

#: A step of a history.
HistoryStep: TypeAlias = Step[Side, Answer]


@dataclass(frozen=True, repr=False)
class Ask(Step[Side, Answer]):
    """Send a request. *target* is path and query, percent-encoded."""

    target: str
    browser: str = "a"
    method: str = "GET"
    client: Client = field(default_factory=Client)
    place: Place = field(default_factory=Place)
    api_key: str | None = None
    #: Sent before the browser's own cookies; text as on the wire, one character a byte.
    extra_cookie: str | None = None

    def play(self, side: Side) -> Sequence[Answer]:
        """See :class:`.Step`."""
        cookies = [part for part in (self.extra_cookie, side.jars[self.browser].header()) if part is not None]
        headers = [("Cookie", "; ".join(cookies))] if cookies else []
        if self.api_key is not None:
            headers.append(("X-Api-Key", self.api_key))
        request = WireRequest(self.target, self.method, tuple(headers), client=self.client, place=self.place)
        return (side.ask(self.browser, request),)


@dataclass(frozen=True, repr=False)
class DropRemember(Step[Browsers, Never]):
    """Delete the remember cookie in the browser."""

    browser: str = "a"

    def play(self, side: Browsers) -> Sequence[Never]:
        """See :class:`.Step`."""
        side.jars[self.browser].put(side.remember_cookie, None)
        return ()


@dataclass(frozen=True, repr=False)
class Replay(Step[Browsers, Never]):
    """Restore an earlier value of a cookie; age 0 is the newest."""

    cookie: str
    age: int = 0
    browser: str = "a"

    def play(self, side: Browsers) -> Sequence[Never]:
        """See :class:`.Step`."""
        jar, name = side.jars[self.browser], cookie_name(side, self.cookie)
        value = jar.past(name, self.age)
        if value is not None:
            jar.put(name, value)
        return ()


@dataclass(frozen=True, repr=False)
class Swap(Step[Browsers, Never]):
    """Exchange a cookie between the two browsers, as a thief would."""

    cookie: str

    def play(self, side: Browsers) -> Sequence[Never]:
        """See :class:`.Step`."""
        name, (one, other) = cookie_name(side, self.cookie), side.jars.values()
        ours, theirs = one.get(name), other.get(name)
        one.put(name, theirs)
        other.put(name, ours)
        return ()


@dataclass(frozen=True, repr=False)
class Remembered(Step[Browsers, Never]):
    """Give the browser a validly signed remember cookie of Flask-Login for *user_id*."""

    user_id: str
    browser: str = "a"
    secret: str = SECRET

    def play(self, side: Browsers) -> Sequence[Never]:
        """See :class:`.Step`."""
        token = signing.remember_token(self.user_id, self.secret)
        side.jars[self.browser].put(side.remember_cookie, signing.as_sent(token))
        return ()


@dataclass(frozen=True, repr=False)
class Session(Step[Browsers, Never]):
    """Give the browser a validly signed session cookie with this content."""

    content: dict[str, Any]
    browser: str = "a"
    secret: str = SECRET

    def play(self, side: Browsers) -> Sequence[Never]:
        """See :class:`.Step`."""
        side.jars[self.browser].put("session", signing.session_cookie(self.content, self.secret))
        return ()


@dataclass(frozen=True, repr=False)
class Vanish(Step[Side, Never]):
    """Delete a user."""

    who: str

    def play(self, side: Side) -> Sequence[Never]:
        """See :class:`.Step`."""
        side.people.vanish(self.who)
        return ()


@dataclass(frozen=True, repr=False)
class ComeBack(Step[Side, Never]):
    """Restore a deleted user."""

    who: str

    def play(self, side: Side) -> Sequence[Never]:
        """See :class:`.Step`."""
        side.people.come_back(self.who)
        return ()


@dataclass(frozen=True, repr=False)
class SetActive(Step[Side, Never]):
    """Activate or deactivate an account."""

    who: str
    active: bool

    def play(self, side: Side) -> Sequence[Never]:
        """See :class:`.Step`."""
        side.people.set_active(self.who, active=self.active)
        return ()
