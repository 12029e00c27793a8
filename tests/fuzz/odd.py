"""Strategies for odd values: JSON, text, bytes, and valid values with a few changed characters."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

_WORDS = [
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e",
    "é",
    "e\u0301",
    "\uff41",
    "|",
    ".",
    "..",
    "-",
    "=",
    "%00",
    "%ff",
    '"',
    "\\",
    "🏴",
]
_WORDS += [
    "susan",
    "1",
    "-1",
    "NaN",
    "null",
    "true",
    "9" * 30,
    "1e999",
    "__proto__",
    "' OR 1=1 --",
    "{{7*7}}",
    "a" * 300,
]

#: Text as people and programs do not write it.
TEXT = st.one_of(st.sampled_from(_WORDS), st.text(max_size=12), st.text(alphabet='|.,;="\\ %+&-_\t\0éA1', max_size=12))
_numbers = st.one_of(
    st.integers(), st.integers(-(10**40), 10**40), st.floats(), st.sampled_from([0, 1, -1, 2**31, 2**63])
)
#: Anything that JSON can say, and what Python's JSON says beyond that.
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
#: Bytes, as text of a character each, so that they can be kept as JSON.
BYTES = st.binary(max_size=24).map(lambda raw: raw.decode("latin-1"))

#: How to change something that is right: where (as a share of it), how much to take out, and what to put in.
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 3), st.one_of(st.just(""), TEXT, BYTES)).map(list), min_size=1, max_size=3
)


def edited(right: str, edits: Sequence[Sequence[object]]) -> str:
    """A valid value with some changes."""
    for share, out, put in edits:
        assert isinstance(share, float | int)
        assert isinstance(out, int)
        at = int(share * len(right))
        right = right[:at] + str(put) + right[at + out :]
    return right
