"""``python -m benchmarks.applications.peers.fill MODULE COUNT PASSWORD``: the database of a peer, with users in it."""

from __future__ import annotations

import importlib
import sqlite3
import sys
from contextlib import closing

from .accounts import database_file


def main() -> None:
    """Make the peer's tables, add its users, and set the journal mode that quart_app's database has."""
    module, count, password = sys.argv[1:]
    importlib.import_module(module).fill(int(count), password)
    with closing(sqlite3.connect(database_file())) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


if __name__ == "__main__":
    main()
