"""The steps that both comparisons know: close a browser, spoil a cookie, move to the other application.

A step is played on each side of a comparison. What a side is differs: an application in memory in ``tests/parity``, a
served application with its database here. So the steps that only one of them knows are in ``visits`` and in
``tests/parity/steps.py``, and these ask of a side no more than :class:`Browsers`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Generic, Never, Protocol, TypeVar

from . import signing
from .cookies import Jar

SideT_contra = TypeVar("SideT_contra", contravariant=True)
AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Browsers(Protocol):
    """The browsers of a side of the comparison."""

    @property
    def jars(self) -> Mapping[str, Jar]:
        """The cookies of each browser, by the browser's name."""

    @property
    def remember_cookie(self) -> str:
        """The name of the application's remember cookie."""


@dataclass(frozen=True, repr=False)
class Step(Generic[SideT_contra, AnswerT_co]):
    """Something that happens on both sides alike."""

    def play(self, side: SideT_contra) -> Sequence[AnswerT_co]:
        """Do it on one side; return the answer to each request that it sent."""
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


def cookie_name(side: Browsers, cookie: str) -> str:
    """The name of a cookie that a step calls "session" or "remember"."""
    return side.remember_cookie if cookie == "remember" else cookie


@dataclass(frozen=True, repr=False)
class Restart(Step[Browsers, Never]):
    """The browser is closed and opened again: the session cookies are gone, the remember cookie is not."""

    browser: str = "a"

    def play(self, side: Browsers) -> Sequence[Never]:
        """See :class:`Step`."""
        for name in ("session", "session_data"):
            side.jars[self.browser].put(name, None)
        return ()


#: Ways to spoil a cookie, from the value in the browser, with any signature. No two of them together make a value
#: valid again in one format of the token and not in the other.
SPOILS: dict[str, Callable[[str], str]] = {
    "wrong signature": lambda value: value[:-5] + "00000",
    "signature in capitals": str.upper,
    "signature not ascii": lambda value: value.rpartition("|")[0] + "|\xe9",
    "other id": lambda value: "nobody|" + value.rpartition("|")[2],
    "id not ascii": lambda value: "\xe9|" + value.rpartition("|")[2],
    "longer": lambda value: value + "0",
    "shorter": lambda value: value[:-1],
    "cut in half": lambda value: value[: len(value) // 2],
    "quoted": lambda value: f'"{value}"',
    "control characters": lambda value: f"\x01\x7f{value}",
    "huge": lambda value: value + "a" * 8000,
    "huge id": lambda value: "a" * 8000 + value,
}

#: Values that replace a cookie's own; text as on the wire, one character a byte.
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
class Spoil(Step[Browsers, Never]):
    """Tamper with a cookie, "session" or "remember", in one of the ways of ``SPOILS`` or ``RAW``.

    A browser without the cookie gets one, as if its value had been empty.
    """

    cookie: str
    way: str
    browser: str = "a"

    def play(self, side: Browsers) -> Sequence[Never]:
        """See :class:`Step`."""
        jar, name = side.jars[self.browser], cookie_name(side, self.cookie)
        if self.way in RAW:
            jar.put(name, RAW[self.way])
        else:
            value = signing.as_read(jar.get(name) or "")
            jar.put(name, signing.as_sent(SPOILS[self.way](value)))
        return ()


@dataclass(frozen=True, repr=False)
class Move(Step[object, Never]):
    """Each application is replaced by the other, and its visitors go on there with the cookies they have."""

    def play(self, side: object) -> Sequence[Never]:
        """Do nothing on one side alone: the player moves the visitors of both sides."""
        return ()
