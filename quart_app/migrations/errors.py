"""Why tables cannot be changed, or worked with."""

from __future__ import annotations

from collections.abc import Collection


class MigrationError(RuntimeError):
    """The tables are not what they have to be. Nothing was changed, unless it says so."""


class DatabaseOutdated(MigrationError):
    """The tables are older than the code, and a server may not change them."""

    def __init__(self, current: str | None, wanted: str) -> None:
        super().__init__(
            f"The database is at revision {current or 'none'}, and this code needs {wanted}. "
            "Before starting it, run: quart --app quart_app db upgrade"
        )


class UnknownTables(MigrationError):
    """The database has tables with the names of ours, and they are not ours."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(
            f"The database has tables that this application did not make: {', '.join(sorted(names))}. "
            "Give the application a database of its own."
        )


class UnknownRevision(MigrationError):
    """There is no such revision, or the database is at one that this code does not have."""
