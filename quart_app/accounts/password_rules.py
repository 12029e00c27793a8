"""Which passwords will do: NIST SP 800-63B-4, section 3.1.1.2, and ASVS 6.2.

Long ones, of any characters at all: no rule asks for digits or capitals, and nothing is trimmed or cut. What is
refused is what strangers try first: passwords that many people have, and the names that stand on the account.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Callable, Iterator, Set
from functools import cache
from importlib.resources import files

PASSWORD_MIN = 15
"""The least that NIST allows where a password is all that is asked for."""

PASSWORD_MAX = 256
"""Nobody remembers more; what a stranger sends must have an end."""

SITE_NAME = "microblog"

_COMPOSED_MAX = 4  # code points that NFKC makes one of, at most
_WORD_MIN = 3  # anything can be made of shorter ones

_TOO_SHORT = f"Use at least {PASSWORD_MIN} characters."
_TOO_LONG = f"Use at most {PASSWORD_MAX} characters."
_NO_TEXT = "Use only characters that can be typed."
_COMMON = "Many people have this password, or one much like it. Choose three or four words that nobody expects."
_PERSONAL = "This is made of your name, your address or the name of this site. Choose something that nobody expects."


def normalize_password(password: str) -> str:
    """The same characters, however a keyboard composes them: NFKC, as NIST advises, before hashing.

    ASVS 6.2.8 wants passwords verified exactly as received. But one telephone sends ``e`` and an accent where another
    sends ``é``, and the user sees no difference. Case, spaces and all else stay as they are.

    What is too long in any case is left as it is: to order 30,000 accents takes most of a second.
    """
    return password if len(password) > PASSWORD_MAX * _COMPOSED_MAX else unicodedata.normalize("NFKC", password)


def check_new_password(password: str, *, username: str, email: str) -> None:
    """Refuse a password that this account should not have. See :func:`common_passwords` for the first call.

    Raises:
        ValueError: why, in a sentence for whoever entered it.
    """
    reason = _reason_against(password, username, email)
    if reason is not None:
        raise ValueError(reason)


@cache
def common_passwords() -> Set[str]:
    """Passwords that many people have, folded. The first call, which the server makes when it starts, reads a file."""
    text = (files(__package__) / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.splitlines())


async def read_common_passwords() -> None:
    """Read the list before the first user has to wait for it."""
    await asyncio.to_thread(common_passwords)


def _reason_against(password: str, username: str, email: str) -> str | None:
    password = normalize_password(password)  # lengths are in code points, after that
    if len(password) < PASSWORD_MIN:
        return _TOO_SHORT
    if len(password) > PASSWORD_MAX:
        return _TOO_LONG
    if any("\ud800" <= character <= "\udfff" for character in password):
        return _NO_TEXT
    folded = password.casefold()
    names = frozenset(_names(username, email))
    # With and without the digits: "password 2024" and "2024 password 2024" add nothing, "1234567890" is a word itself.
    cores = {"".join(filter(str.isalnum, folded)), "".join(filter(str.isalpha, folded))}
    if any(_is_made_of(core, names.__contains__) for core in cores):
        return _PERSONAL
    if folded in common_passwords() or any(_is_made_of(core, lambda w: w in names or _is_common(w)) for core in cores):
        return _COMMON
    return None


def _is_common(word: str) -> bool:
    # "aaa" is in the list, and "aaaaaaaaaaaaaaa" is a password like any other: length is what counts.
    return word in common_passwords() and len(set(word)) > 1


def _names(username: str, email: str) -> Iterator[str]:
    """What an account and this site are called, whole, in parts and backwards."""
    local, _, domain = email.casefold().partition("@")
    host = domain.rpartition(".")[0]
    for text in (SITE_NAME, username.casefold(), local, domain, host, email.casefold()):
        for name in (text, *re.split(r"[\W\d_]+", text)):
            word = "".join(filter(str.isalnum, normalize_password(name)))
            if len(word) >= _WORD_MIN:
                yield word
                yield word[::-1]


def _is_made_of(text: str, is_word: Callable[[str], bool]) -> bool:
    """Whether it is a word or two, each as often in a row as one likes."""

    def is_run(part: str) -> bool:
        size = len(part)
        return any(
            size % length == 0 and part == part[:length] * (size // length) and is_word(part[:length])
            for length in range(_WORD_MIN, size + 1)
        )

    return any(is_run(text[:cut]) and (cut == len(text) or is_run(text[cut:])) for cut in range(1, len(text) + 1))
