"""An SQLite file with all tables, for tests and their servers to copy: to create them takes a third of a second."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from quart_app.database import Database
from quart_app.migrations.changes import upgrade_tables


@cache
def sqlite_file() -> Path:
    """A file with all tables and no rows, which is made once in each process."""
    folder = Path(tempfile.mkdtemp(prefix="tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "template.sqlite3"
    create_tables(f"sqlite:///{file}")
    return file


def folder_with_tables(folder: Path) -> Path:
    """The same folder, for ``INSTANCE_PATH``, with the database that an application has there if it names no other."""
    shutil.copy(sqlite_file(), folder / "microblog.sqlite3")
    return folder


def create_tables(url: str) -> None:
    """Bring a database to the newest revision."""

    async def upgrade() -> None:
        database = Database(url)
        await database.open()
        await upgrade_tables(database)
        await database.close()

    with ThreadPoolExecutor(1) as thread:  # whose loop is not pytest's
        thread.submit(asyncio.run, upgrade()).result()
