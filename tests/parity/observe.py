"""What is compared after each step, and the deviations that only concern headers, each by name."""

from collections.abc import Iterator, Sequence

from benchmarks.comparison import signing
from benchmarks.comparison.cookies import SetCookie
from benchmarks.comparison.differences import Difference, unless_equal

from .sides import BROWSERS, Answer, Side
from .switches import Switches


def differences(expected: Answer, actual: Answer, switches: Switches) -> Iterator[Difference]:
    """The differences between a response and the expected one."""
    for what in ("status", "body", "location", "signals"):
        yield from unless_equal(what, getattr(expected, what), getattr(actual, what))
    yield from unless_equal(
        "names of cookies set", *([cookie.name for cookie in answer.cookies] for answer in (expected, actual))
    )
    for one, other in zip(expected.cookies, actual.cookies, strict=False):
        yield from _cookie_differences(one, other, expected, actual, switches)
    yield from _missing_vary(expected, actual)
    if len(set(map(repr, actual.loads))) < len(actual.loads):
        yield Difference("ids the user loader was asked for", "each once", actual.loads)


def jar_differences(expected: Side, actual: Side, switches: Switches) -> Iterator[Difference]:
    """The differences between the cookies of both browsers."""
    for browser in BROWSERS:
        one, other = expected.jars[browser], actual.jars[browser]
        yield from unless_equal(f"cookies of browser {browser}", one.names(), other.names())
        for name, _, _ in one.names():
            yield from unless_equal(
                f"cookie {name} of browser {browser}",
                _meaning(name, one.get(name) or "", switches),
                _meaning(name, other.get(name) or "", switches),
            )


def _cookie_differences(
    one: SetCookie, other: SetCookie, expected: Answer, actual: Answer, switches: Switches
) -> Iterator[Difference]:
    if one.name != other.name:
        return
    yield from unless_equal(
        f"{one.name}: value", _meaning(one.name, one.value, switches), _meaning(other.name, other.value, switches)
    )
    for attribute in _attributes(one, other, switches):
        yield from unless_equal(f"{one.name}: {attribute}", getattr(one, attribute), getattr(other, attribute))
    if not _same_lifetime(_lifetime(one, expected), _lifetime(other, actual)):
        yield Difference(f"{one.name}: seconds to live", _lifetime(one, expected), _lifetime(other, actual))


def _attributes(one: SetCookie, other: SetCookie, switches: Switches) -> Sequence[str]:
    """Deviation: a session cookie is deleted with all its attributes; Flask-Session leaves out all but these."""
    place = ("domain", "path", "max_age")
    if switches.sessions is not None and one.name == "session" and one.expires == other.expires == 0:
        return place
    return (*place, "secure", "httponly", "samesite", "other")


def _meaning(name: str, value: str, switches: Switches) -> object:
    """The content of a session cookie, the user of a remember cookie if the formats differ, else the value itself."""
    if name == "session":
        return signing.session_content(value) if switches.sessions is None else switches.sessions.content(value)
    if name == switches.remember_cookie and switches.issue == "timed":
        return timed_token_means_its_user(value)
    return value


def timed_token_means_its_user(value: str) -> object:
    """Deviation: compat's token contains its time, so that it expires on the server. Only its user is compared."""
    return signing.remembered_user(value) or "nobody"


def _lifetime(cookie: SetCookie, answer: Answer) -> tuple[float, float] | None:
    """The minimum and maximum lifetime of a cookie in seconds, or None for a session cookie.

    It is a range, because the moment at which the server read its clock is unknown, and Expires has whole seconds.
    """
    if cookie.expires is None:
        return None
    if cookie.expires == 0:
        return (-1.0, -1.0)
    return (cookie.expires - answer.answered_at, cookie.expires + 1 - answer.asked_at)


def _same_lifetime(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    if one is None or other is None:
        return one is other
    return one[0] <= other[1] and other[0] <= one[1]


def _missing_vary(expected: Answer, actual: Answer) -> Iterator[Difference]:
    """Flask-Login reads the session after each request, so Flask adds Vary: Cookie to every response.

    Deviation: compat adds it only if the response depends on the user or sets one of its cookies.
    """
    looked_at = any(signal.startswith("user_accessed") for signal in expected.signals)
    if (looked_at or expected.cookies) and not actual.varies_by_cookie:
        yield Difference("Vary: Cookie", True, False)
