"""The steps of a history: requests, and acts on cookies, clocks of browsers and users in between."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from benchmarks.comparison import signing
from benchmarks.comparison.signing import SECRET

from .sides import Answer, Side
from .switches import Switches
from .wire import Client, Place, WireRequest


@dataclass(frozen=True, repr=False)
class Step:
    """Something that happens on both sides alike."""

    def play(self, side: Side, switches: Switches) -> Answer | None:
        """Do it on one side; only a request has an answer."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Only what differs from the defaults, in a form that can be pasted into a story."""
        shown: list[str] = []
        for place, attribute in enumerate(fields(self)):
            value = getattr(self, attribute.name)
            default = attribute.default_factory() if callable(attribute.default_factory) else attribute.default
            if value != default:
                shown.append(f"{value!r}" if len(shown) == place else f"{attribute.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, repr=False)
class Ask(Step):
    """A request. *target* is path and query, percent-encoded."""

    target: str
    browser: str = "a"
    method: str = "GET"
    client: Client = field(default_factory=Client)
    place: Place = field(default_factory=Place)
    api_key: str | None = None
    #: Sent before the browser's own cookies; text as on the wire, one character a byte.
    extra_cookie: str | None = None

    def play(self, side: Side, switches: Switches) -> Answer:
        cookies = [part for part in (self.extra_cookie, side.jars[self.browser].header()) if part is not None]
        headers = [("Cookie", "; ".join(cookies))] if cookies else []
        if self.api_key is not None:
            headers.append(("X-Api-Key", self.api_key))
        return side.ask(
            self.browser,
            WireRequest(self.target, self.method, tuple(headers), client=self.client, place=self.place),
        )


@dataclass(frozen=True, repr=False)
class Restart(Step):
    """The browser is closed and opened again: the session cookie is gone, the remember cookie is not."""

    browser: str = "a"

    def play(self, side: Side, switches: Switches) -> None:
        side.jars[self.browser].put("session", None)


@dataclass(frozen=True, repr=False)
class DropRemember(Step):
    """The remember cookie is deleted by hand."""

    browser: str = "a"

    def play(self, side: Side, switches: Switches) -> None:
        side.jars[self.browser].put(switches.remember_cookie, None)


#: Ways to spoil a cookie: from the value that the browser has, whatever signed it. No two of them make a value good
#: again in one format of the token and not in the other.
SPOILS: dict[str, Callable[[str], str]] = {
    "wrong signature": lambda value: value[:-5] + "00000",
    "signature in capitals": str.upper,
    "signature not ascii": lambda value: value.rpartition("|")[0] + "|\xe9",
    "other id": lambda value: "nobody|" + value.rpartition("|")[2],
    "id not ascii": lambda value: "\xe9|" + value.rpartition("|")[2],
    "longer": lambda value: value + "0",
    "shorter": lambda value: value[:-1],
    "quoted": lambda value: f'"{value}"',
    "control characters": lambda value: f"\x01\x7f{value}",
    "huge": lambda value: value + "a" * 8000,
    "huge id": lambda value: "a" * 8000 + value,
}

#: What else may stand in a cookie; text as on the wire, one character a byte.
RAW: dict[str, str] = {
    "empty": "",
    "a pipe": "|",
    "two pipes": "||",
    "unsigned": "ada",
    "no signature": "ada|",
    "dots": "a.b.c",
    "json": '{"_user_id":"ada"}',
    "not ascii": "1|\xc3\xa9",
    "not utf-8": "\xff\xfe|\xff",
    "not utf-8 in quotes": '"\\377|\\377"',
    "quote without end": '"ada|0',
    "null": '"\\000|\\000"',
    "spaces": " ada | 0 ",
}


@dataclass(frozen=True, repr=False)
class Spoil(Step):
    """Tamper with a cookie, "session" or "remember", in one of the ways of ``SPOILS`` or ``RAW``."""

    cookie: str
    way: str
    browser: str = "a"

    def play(self, side: Side, switches: Switches) -> None:
        jar, name = side.jars[self.browser], _name(self.cookie, switches)
        if self.way in RAW:
            jar.put(name, RAW[self.way])
        else:
            value = signing.as_read(jar.get(name) or "")
            jar.put(name, signing.as_sent(SPOILS[self.way](value)))


@dataclass(frozen=True, repr=False)
class Replay(Step):
    """Put back a value that the cookie had earlier: age 0 is the newest."""

    cookie: str
    age: int = 0
    browser: str = "a"

    def play(self, side: Side, switches: Switches) -> None:
        jar, name = side.jars[self.browser], _name(self.cookie, switches)
        value = jar.past(name, self.age)
        if value is not None:
            jar.put(name, value)


@dataclass(frozen=True, repr=False)
class Swap(Step):
    """The two browsers exchange a cookie: somebody stole it."""

    cookie: str

    def play(self, side: Side, switches: Switches) -> None:
        name, (one, other) = _name(self.cookie, switches), side.jars.values()
        ours, theirs = one.get(name), other.get(name)
        one.put(name, theirs)
        other.put(name, ours)


@dataclass(frozen=True, repr=False)
class Remembered(Step):
    """The browser has a remember cookie of Flask-Login's for *user_id*, with a good signature."""

    user_id: str
    browser: str = "a"
    secret: str = SECRET

    def play(self, side: Side, switches: Switches) -> None:
        token = signing.remember_token(self.user_id, self.secret)
        side.jars[self.browser].put(switches.remember_cookie, signing.as_sent(token))


@dataclass(frozen=True, repr=False)
class Session(Step):
    """The browser has a session cookie with this content, with a good signature."""

    content: dict[str, Any]
    browser: str = "a"
    secret: str = SECRET

    def play(self, side: Side, switches: Switches) -> None:
        side.jars[self.browser].put("session", signing.session_cookie(self.content, self.secret))


@dataclass(frozen=True, repr=False)
class Vanish(Step):
    """A user is deleted."""

    who: str

    def play(self, side: Side, switches: Switches) -> None:
        side.people.vanish(self.who)


@dataclass(frozen=True, repr=False)
class ComeBack(Step):
    """A deleted user is there again."""

    who: str

    def play(self, side: Side, switches: Switches) -> None:
        side.people.come_back(self.who)


@dataclass(frozen=True, repr=False)
class SetActive(Step):
    """A user's account is switched on or off."""

    who: str
    active: bool

    def play(self, side: Side, switches: Switches) -> None:
        side.people.set_active(self.who, active=self.active)


@dataclass(frozen=True, repr=False)
class Move(Step):
    """Both sides exchange all cookies: each application is replaced by the other under its users' feet."""

    def play(self, side: Side, switches: Switches) -> None:
        """Nothing on one side alone: ``play`` exchanges the jars."""


def _name(cookie: str, switches: Switches) -> str:
    return switches.remember_cookie if cookie == "remember" else cookie
