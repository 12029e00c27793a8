"""What all peers have in common: users, posts, and where the database is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

SECRET = "the benchmarks' own key, known to everybody"


class Post(NamedTuple):
    """A post of a user."""

    author: str
    body: str


#: Those of quart_app's home page.
POSTS = (
    Post("John", "Beautiful day in Portland!"),
    Post("Susan", "The Avengers movie was so cool!"),
)


def database_file() -> Path:
    """The SQLite file of the peer that runs: in the folder that the benchmark names."""
    return Path(os.environ["INSTANCE_PATH"]) / "peer.sqlite3"


def accounts(count: int) -> list[tuple[str, str]]:
    """The usernames and addresses of so many test accounts, as quart_app's."""
    return [(f"user{number}", f"user{number}@example.com") for number in range(1, count + 1)]
