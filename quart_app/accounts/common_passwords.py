"""The list of common passwords, searched as the file is: sorted lines of UTF-8, in one piece of memory.

A set of the 40,000 words takes 6 MB of each worker instead of 0.3, and 10 ms of each start. A password costs a few
hundred look-ups, of some microseconds each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files


class SortedWords(Collection[str]):
    """The words of a text with one word a line, sorted by code points.

    Arguments:
        text: the lines in UTF-8, whose bytes sort like its code points. The last line ends with a line feed, too.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str):
            return False
        wanted, text = word.encode(), self._text
        first, last = 0, len(text)  # the word can only begin from here, a line's start, until there
        while first < last:
            start = text.rfind(b"\n", first, (first + last) // 2) + 1 or first
            end = text.index(b"\n", start)
            found = text[start:end]
            if found == wanted:
                return True
            if found < wanted:
                first = end + 1
            else:
                last = start
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(self._text.decode().splitlines())

    def __len__(self) -> int:
        return self._text.count(b"\n")


@cache
def common_passwords() -> Collection[str]:
    """Common passwords, case-folded. The first call reads a file of 0.3 MB; servers make it when they start."""
    return SortedWords((files(__package__) / "common_passwords.txt").read_bytes())


async def read_common_passwords() -> None:
    """Read the list of common passwords when the server starts, so that no request waits for it.

    Not in a thread: to start one takes longer than to read the file, and nobody is served yet.
    """
    common_passwords()
