"""Posts, of which there are two, as in the tutorial: what they are about is not the subject here."""

from __future__ import annotations

from typing import NamedTuple


class Post(NamedTuple):
    """Something that somebody wrote."""

    author: str
    body: str


EXAMPLES = (
    Post("John", "Beautiful day in Portland!"),
    Post("Susan", "The Avengers movie was so cool!"),
)
