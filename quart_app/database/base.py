"""What all tables have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

_NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}
"""PostgreSQL's own names for constraints, used on SQLite too: a migration can drop only a constraint with a name."""

IDS_USED_ONCE = {"sqlite_autoincrement": True}
"""For ``__table_args__``: the id of a deleted row is never used again. SQLite would use it again, PostgreSQL not.

A request that still holds the id of a deleted row must not find another row by it.
"""


class UtcDateTime(TypeDecorator[datetime]):
    """A datetime in UTC. SQLite stores no time zone, so it is set again when a value is read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a value to UTC before it is stored.

        Raises:
            ValueError: the value has no time zone.
        """
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: make it with datetime.now(UTC).")
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """None where a value that was read needs no processing: asyncpg gives all times in UTC."""
        return None if dialect.driver == "asyncpg" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Mark a value that was read as UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What all tables inherit."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar = {datetime: UtcDateTime}
