"""Usernames that cannot be told from others by sight: invisible characters, and letters of several scripts.

The rules are those of Unicode's security mechanisms (UTS 39). Python's ``unicodedata`` knows neither scripts nor
invisible characters. The package ``regex`` does, and is released with each version of Unicode; tables of our own would
have some two thousand ranges, and be wrong a year later.

Two kinds of look-alikes are accepted, because only a table of shapes could find them: within one script (``l`` and
``I``, ``rn`` and ``m``), and names wholly in another script.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regex import Pattern

_MARK = r"[\p{Mn}\p{Me}]"

#: What takes no space, or only space. For text in the normal form NFD, which separates letters from their marks.
_INVISIBLE = (
    r"\p{Default_Ignorable_Code_Point}"  # displayed as nothing by any font: fillers, joiners, variation selectors
    # Not among them, and without a shape nevertheless: the blank of Braille, a note without a head, a placeholder.
    r"|[\u2800\uFFFC\U0001D159]"
    r"|  "  # HTML shows two spaces as one
    r"|\A\p{M}"  # a mark needs a character to stand on
    r"|\p{Indic_Syllabic_Category=Invisible_Stacker}(?!\p{L})"  # it stacks the next letter, and shows no shape itself
    # Marks that hide each other or what they stand on (UTS 39, section 5.4).
    rf"|({_MARK})\1|{_MARK}{{5}}|[\p{{Soft_Dotted}}\u0131\u0237]{_MARK}*\u0307"
)

#: The scripts in wide use (UAX 31, table 5), each alone; only Latin and those of East Asia are written together.
_WRITING_SYSTEMS = (
    *(("Latin", "Han", "Hiragana", "Katakana"), ("Latin", "Han", "Bopomofo"), ("Latin", "Han", "Hangul")),
    *(("Arabic",), ("Armenian",), ("Bengali",), ("Cyrillic",), ("Devanagari",), ("Ethiopic",), ("Georgian",)),
    *(("Greek",), ("Gujarati",), ("Gurmukhi",), ("Hebrew",), ("Kannada",), ("Khmer",), ("Lao",), ("Malayalam",)),
    *(("Myanmar",), ("Oriya",), ("Sinhala",), ("Tamil",), ("Telugu",), ("Thaana",), ("Thai",), ("Tibetan",)),
)
_ONE_WRITING_SYSTEM = "|".join(
    "[" + "".join(rf"\p{{Script_Extensions={script}}}" for script in ("Common", "Inherited", *scripts)) + "]*"
    for scripts in _WRITING_SYSTEMS
)


@cache
def _compiled(expression: str) -> Pattern[str]:
    """*expression*, compiled when it is first needed: with the package's import, a twentieth of the time of a start."""
    import regex

    return regex.compile(expression)


def has_invisible_characters(name: str) -> bool:
    """Whether some of it is not seen: controls, unassigned characters, blanks, and marks that hide."""
    # As entered, and with what the key of the name makes of it: the compatibility forms may reveal a filler.
    forms = (unicodedata.normalize("NFD", name), unicodedata.normalize("NFKD", name))
    return not name.isprintable() or any(map(_compiled(_INVISIBLE).search, forms))


def mixes_scripts(name: str) -> bool:
    """Whether it is written in several scripts, or with the digits of several.

    This is the level "Highly Restrictive" of UTS 39, section 5.2, with the detection of mixed numbers, section 5.3. So
    ``susan`` with a Cyrillic ``s`` is a mixture. Punctuation, symbols and emoji belong to all scripts.
    """
    zeros = {ord(character) - unicodedata.decimal(character) for character in name if character.isdecimal()}
    return len(zeros) > 1 or _compiled(_ONE_WRITING_SYSTEM).fullmatch(name) is None
