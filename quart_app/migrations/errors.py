"""Why tables cannot be used or changed."""

from __future__ import annotations

from collections.abc import Collection


class MigrationError(RuntimeError):
    """The tables do not fit this code. Nothing was changed, unless the message says otherwise."""


class DatabaseOutdated(MigrationError):
    """The tables are older than the code, and servers do not upgrade them in this environment."""

    def __init__(self, current: str | None, wanted: str) -> None:
        super().__init__(
            f"The database is at revision {current or 'none'}, and this code needs {wanted}. "
            "Before starting it, run: quart --app quart_app db upgrade"
        )


class EnvironmentForgotten(MigrationError):
    """The database is used in production, and ``ENVIRONMENT`` is unset, which is development."""

    def __init__(self) -> None:
        super().__init__(
            "ENVIRONMENT is not set, and this database is used in production. "
            "Set ENVIRONMENT=production, or DATABASE_URL to a database of your own."
        )


class TablesLocked(MigrationError):
    """Another transaction has kept a lock on the tables for too long."""

    def __init__(self) -> None:
        super().__init__(
            "Another transaction keeps the tables locked, such as that of pg_dump. Revisions before the last one may "
            "have been applied; that one was not. Run it again when the other transaction is over."
        )


class UnknownTables(MigrationError):
    """The database has tables of another application with the same names."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(
            f"The database has tables that this application did not make: {', '.join(sorted(names))}. "
            "Give the application a database of its own."
        )


class UnknownRevision(MigrationError):
    """The revision does not exist, or the database is at one that this code does not have."""
