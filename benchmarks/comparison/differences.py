"""A difference between two sides of a comparison: the vocabulary of ``observe`` here and in ``tests/parity``."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same on both sides."""

    what: str
    one: object
    other: object

    def __str__(self) -> str:
        return f"{self.what}\n      {self.one!r}\n      {self.other!r}"


def unless_equal(what: str, one: object, other: object) -> Iterator[Difference]:
    """Yield the difference between two values, or nothing if they are equal."""
    if one != other:
        yield Difference(what, one, other)
