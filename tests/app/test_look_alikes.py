"""Which usernames can be told from others by sight."""

from __future__ import annotations

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from quart_app.accounts.look_alikes import has_invisible_characters, mixes_scripts
from quart_app.accounts.name_rules import check_username
from quart_app.models.user import USERNAME_MAX, username_key

#: Default_Ignorable_Code_Point, as DerivedCoreProperties.txt of Unicode 17.0 lists it.
IGNORABLE = [
    *(range(first, last + 1) for first, last in [(0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C)]),
    *(range(first, last + 1) for first, last in [(0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)]),
    *(range(first, last + 1) for first, last in [(0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)]),
    *(range(first, last + 1) for first, last in [(0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)]),
    *(range(first, last + 1) for first, last in [(0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3)]),
    *(range(first, last + 1) for first, last in [(0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)]),
]
#: Blanks that are neither ignorable nor spaces, and a placeholder for an object.
SHAPELESS = "\u2800\ufffc\U0001d159"
SPACES = "".join(character for character in map(chr, range(0x10000)) if character.isspace() and character != " ")

hidden = st.one_of(
    st.sampled_from(IGNORABLE).flatmap(st.sampled_from).map(chr),
    st.sampled_from(SHAPELESS + SPACES),
    st.characters(categories=["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"]),
)
letters = st.characters(categories=["L"])
latin = st.text(st.sampled_from("aeinosu\u00e9\u00df"), max_size=USERNAME_MAX // 3)

#: By their writing: Latin with punctuation and symbols, Cyrillic, Greek, Arabic, Hebrew, and so on.
REAL_NAMES = [
    *("susan", "Susan B. 99", "O'Brien", "O\u2019Brien", "O\u00b4Brien", "jos\u00e9", "jose\u0301", "Nguy\u1ec5n"),
    *("\u0130brahim", "\u0131rmak", "Stra\u00dfe", "x\u00b2", "\u2665 susan", "\U0001f44d\U0001f3fd", "..."),
    *("\u0418\u0432\u0430\u043d 2", "\u041c\u0430\u0440\u2019\u044f\u043d\u0430"),
    "\u0393\u03b9\u03ce\u03c1\u03b3\u03bf\u03c2",
    "\u0645\u062d\u0645\u062f \u0661\u0662",
    "\u05e0\u05d5\u05e2\u05d4 123",
    *("\u0915\u094d\u0937", "\u0e2a\u0e21\u0e0a\u0e32\u0e22", "\u1000\u1039\u1001", "\u1781\u17d2\u1798"),
    *("\u1218\u1230\u1228\u1275", "\u0531\u0580\u0574", "\u10db\u10d0\u10e0"),
    *("\u7530\u4e2d\u3055\u304f\u3089", "\u30ae\u30bf\u30fc\u30fbLINE"),
    *("\u738b\u5c0f\u660e", "\u738b\u3105\u3106", "\uae40\ubbfc\uc218 Kim"),
]

LOOK_ALIKES = [
    # A space that HTML does not show, marks without a letter, consonants that stack nothing.
    *("susan  b", "\u0301", "\u0301susan", "\u20dd", "\u1039", "\u1000\u1039"),
    # Marks on a dot, on themselves, and too many of them.
    *("i\u0307", "susi\u0323\u0307", "\u0131\u0307", "a\u0301\u0301", "\u00e1\u0301", "a" + "\u0301\u0300" * 4),
    # Letters and digits of other scripts, also those that are found in the key only, and a script of few.
    *("su\u0455an", "\u0455usan", "susan\u03bf", "susa\u0578", "susan\u0968", "\u0661\u06f1", "\u4e00\u3105\u3042"),
    *("\u00b5torrent", "susan\u0345", "\u13da\u13cc"),
]


def test_what_unicode_calls_ignorable() -> None:
    """The package takes the same characters for invisible as Unicode's own file."""
    ignorable = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    found = {ord(character) for character in ignorable.findall("".join(map(chr, range(0x110000))))}
    assert found == {number for numbers in IGNORABLE for number in numbers}


@pytest.mark.parametrize("name", REAL_NAMES)
def test_real_names(name: str) -> None:
    """Names as people write them are accepted, in many alphabets, composed or not."""
    assert check_username(name) == name


@pytest.mark.parametrize("name", LOOK_ALIKES, ids=ascii)
def test_look_alikes(name: str) -> None:
    """Names that look like others, by a mark, a space, or a letter or digit of another script, are refused."""
    with pytest.raises(ValueError, match=r"Use visible characters only|Use letters and digits of one common alphabet"):
        check_username(name)


@given(latin, hidden, latin)
def test_hidden_characters(before: str, character: str, after: str) -> None:
    """A name with an invisible character anywhere, or of nothing else, is refused."""
    assert has_invisible_characters(before + character + after)
    with pytest.raises(ValueError, match=r"Use visible characters only|Leave out the spaces"):
        check_username(before + character + after)


def test_letters_of_other_scripts() -> None:
    """Latin letters may stand beside Latin ones, and no letter of these scripts may, by their names in Unicode."""
    others = {"ARABIC", "ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "DESERET", "GREEK", "HEBREW", "LISU", "THAI"}
    seen = set()
    for letter in map(chr, range(0x110000)):
        if unicodedata.category(letter) not in ("Ll", "Lu", "Lo"):
            continue
        script = unicodedata.name(letter, "?").partition(" ")[0]
        if script in {"LATIN", *others}:
            assert mixes_scripts(f"susan{letter}") is (script != "LATIN"), ascii(letter)
            seen.add(script)
    assert seen == {"LATIN", *others}


@given(letters, letters, st.text(st.sampled_from(" .-1"), max_size=5))
def test_two_letters(one: str, other: str, between: str) -> None:
    """Two letters mix scripts in either order or in neither, and whatever stands between them."""
    assert mixes_scripts(one + other) == mixes_scripts(other + one) == mixes_scripts(one + between + other)
    assert mixes_scripts(one + other) or not mixes_scripts(one)


@given(st.text(max_size=15))
def test_accepted_names(name: str) -> None:
    """Whatever is accepted is seen, and is accepted however its accents are composed."""
    try:
        check_username(name)
    except ValueError:
        return
    for text in (name, username_key(name), unicodedata.normalize("NFKD", name)):
        assert not any(ord(character) in numbers for character in text for numbers in IGNORABLE)
    assert not set(name) & set(SHAPELESS + SPACES)
    assert any(unicodedata.category(character)[0] in "LNPS" for character in name)
    for form in ("NFC", "NFD"):
        assert check_username(unicodedata.normalize(form, name))
