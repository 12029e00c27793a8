"""Texts that are almost URLs, made of parts that URL parsers read differently."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

_KNOWN = json.loads((Path(__file__).parents[1] / "compat" / "next_values.json").read_text())
#: Those that were chosen by hand, to be made worse.
KNOWN = sorted({*(value for values in _KNOWN["refused"].values() for value in values), *_KNOWN["kept"]})

_SLASHES = [
    "/",
    "//",
    "///",
    "\\",
    "/\\",
    "\\/",
    "\\\\",
    "/%09/",
    "/\t/",
    "/\n/",
    "/./",
    "/../",
    "/..//",
    "/.//",
    "/%2e%2e//",
]
_IGNORED = ["\t", "\n", "\r", "\r\n", "\x00", "\x01", "\x0b", "\x1f", " ", "\x7f", "\x85", "\xa0", "\u200b", "\ufeff"]
_SCHEMES = [
    "http:",
    "https:",
    "HtTpS:",
    "hTTp://",
    "https://",
    "ws:",
    "ftp://",
    "file:///",
    "javascript:",
    "JavaScript:",
]
_SCHEMES += ["java\tscript:", "data:text/html,", "blob:https://", "about:blank", "view-source:", "x:", "1:", ":", "-:"]
_HOSTS = [
    "evil.test",
    "EVIL.test",
    "evil\u3002test",
    "evil\uff0etest",
    "evil%2etest",
    "\u24d4vil.test",
    "evil.te\u00dft",
]
_HOSTS += [
    "xn--evil-9xa.test",
    "[::1]",
    "[::ffff:7f00:1]",
    "2130706433",
    "0x7f.1",
    "127.1",
    "app.test",
    "localhost",
    ".",
]
_USERS = ["@", "a@", ":@", "a:b@", "app.test@", "app.test%40", "app.test:443@", "\\@", "?@", "#@", "%2F@"]
_PORTS = [":", ":80", ":443", ":0", ":65536", ":80:80", ":\t80", ":%38"]
_ENCODED = [
    "%2f",
    "%2F",
    "%5c",
    "%09",
    "%0a",
    "%0d%0a",
    "%00",
    "%20",
    "%2e",
    "%2E%2e",
    "%",
    "%zz",
    "%25",
    "%252f",
    "%c0%af",
]
_LOOKALIKES = [
    "\uff0f",
    "\u2044",
    "\u2215",
    "\u29f8",
    "\uff3c",
    "\u3002",
    "\uff0e",
    "\uff1a",
    "\u2028",
    "\u202e",
    "\U0001f4a9",
]
_PLAIN = [
    "account",
    "a",
    "index",
    "..",
    ".",
    "?",
    "#",
    "?next=",
    "&",
    "=",
    ";",
    "|",
    "^",
    "é",
    "[",
    "]",
    '"',
    "'",
    "<",
    "\ud800",
]

_PIECES = [*_SLASHES, *_IGNORED, *_SCHEMES, *_HOSTS, *_USERS, *_PORTS, *_ENCODED, *_LOOKALIKES, *_PLAIN]
#: What stands where in a URL of another site.
_SHAPES: list[tuple[Sequence[str], ...]] = [
    (_IGNORED, _SLASHES, _HOSTS),
    (_SLASHES, _IGNORED, _SLASHES, _HOSTS, _PORTS),
    (_SCHEMES, _SLASHES, _HOSTS),
    (_IGNORED, _SCHEMES, _IGNORED, _SLASHES, _USERS, _HOSTS, _PORTS),
    (_SLASHES, _USERS, _HOSTS, _PIECES),
    (["/"], _ENCODED, _SLASHES, _HOSTS),
    (["/"], _PLAIN, _SLASHES, _PLAIN),
    (["/"], _PLAIN, ["?", "#"], _PIECES, _PIECES),
]


def almost_urls(count: int, seed: int) -> list[str]:
    """This many generated values and all known ones; the same seed gives the same values.

    Not by Hypothesis, which takes a hundred times as long: a browser judges tens of thousands in a second.
    """
    random = Random(seed)  # noqa: S311 - not for secrets
    return list(dict.fromkeys([*KNOWN, *(_almost_url(random) for _ in range(count))]))


def _almost_url(random: Random) -> str:
    way = random.random()
    if way < 0.4:
        return "".join(map(random.choice, random.choice(_SHAPES)))
    if way < 0.6:
        return "/" + "".join(random.choices(_PIECES, k=random.randrange(6)))
    if way < 0.8:
        return "".join(random.choices(_PIECES, k=random.randrange(1, 8)))
    value: str = random.choice(KNOWN)
    at = random.randrange(len(value) + 1)
    return value[:at] + random.choice(_PIECES) + value[at + random.randrange(3) :]
