"""The two example posts of the tutorial."""

from __future__ import annotations

from typing import NamedTuple


class Post(NamedTuple):
    """A post of a user."""

    author: str
    body: str


EXAMPLES = (
    Post("John", "Beautiful day in Portland!"),
    Post("Susan", "The Avengers movie was so cool!"),
)
