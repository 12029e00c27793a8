"""Which passwords are accepted: NIST SP 800-63B-4, section 3.1.1.2, and ASVS 6.2.

Long ones, of any characters: no rule asks for digits or capitals, and nothing is trimmed or cut. Refused is what
attackers try first: common passwords, and the names of the account and of this site.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from .common_passwords import common_passwords

PASSWORD_MIN = 15
"""The minimum of NIST for a password that is the only factor."""

PASSWORD_MAX = 256
"""A limit on the work that a request can cause; no user needs more."""

SITE_NAME = "microblog"

TEST_PASSWORD = "a password for load tests"  # noqa: S105 - everybody may know it
"""The password of the test users that ``seed`` adds. It is published here, so production accepts it for no account."""

_COMPOSED_MAX = 4  # the largest number of code points that NFKC composes to one
_WORD_MIN = 3  # any password can be composed of shorter words

_TOO_SHORT = f"Use at least {PASSWORD_MIN} characters."
_TOO_LONG = f"Use at most {PASSWORD_MAX} characters."
_NO_TEXT = "Use only characters that can be typed."
_COMMON = "Many people have this password, or one much like it. Choose three or four words that nobody expects."
_PERSONAL = "This is made of your name, your address or the name of this site. Choose something that nobody expects."


def normalize_password(password: str) -> str:
    """Normalize a password to NFKC before hashing, as NIST advises.

    ASVS 6.2.8 wants passwords verified exactly as received. But one telephone sends ``e`` and an accent where another
    sends ``é``, and the user sees no difference. Case, spaces and everything else are kept.

    A password that is too long in any case is returned unchanged: normalizing 30,000 accents takes most of a second.
    """
    return password if len(password) > PASSWORD_MAX * _COMPOSED_MAX else unicodedata.normalize("NFKC", password)


def check_new_password(password: str, *, username: str, email: str) -> None:
    """Refuse a password that breaks a rule. The first call reads a file, see ``common_passwords``.

    Raises:
        ValueError: with a sentence for the user.
    """
    reason = _reason_against(password, username, email)
    if reason is not None:
        raise ValueError(reason)


def _reason_against(password: str, username: str, email: str) -> str | None:
    password = normalize_password(password)  # lengths are in code points of the normalized password
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
    if folded == TEST_PASSWORD:
        return _COMMON
    if folded in common_passwords() or any(_is_made_of(core, lambda w: w in names or _is_common(w)) for core in cores):
        return _COMMON
    return None


def _is_common(word: str) -> bool:
    # "aaa" is in the list, but "aaaaaaaaaaaaaaa" is accepted: length is what counts.
    return len(set(word)) > 1 and word in common_passwords()


def _names(username: str, email: str) -> Iterator[str]:
    """The names of an account and of this site: whole, in parts, and reversed."""
    local, _, domain = email.casefold().partition("@")
    host = domain.rpartition(".")[0]
    for text in (SITE_NAME, username.casefold(), local, domain, host, email.casefold()):
        for name in (text, *re.split(r"[\W\d_]+", text)):
            word = "".join(filter(str.isalnum, normalize_password(name)))
            if len(word) >= _WORD_MIN:
                yield word
                yield word[::-1]


def _is_made_of(text: str, is_word: Callable[[str], bool]) -> bool:
    """Whether a text consists of one or two words, each repeated any number of times."""

    def is_run(part: str) -> bool:
        size = len(part)
        return any(
            size % length == 0 and part == part[:length] * (size // length) and is_word(part[:length])
            for length in range(_WORD_MIN, size + 1)
        )

    return any(is_run(text[:cut]) and (cut == len(text) or is_run(text[cut:])) for cut in range(1, len(text) + 1))
