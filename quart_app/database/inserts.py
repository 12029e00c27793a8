"""INSERT with ON CONFLICT: both databases have it, and SQLAlchemy has one class for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Base
from .connections import Database

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert_into(model: type[Base], database: Database) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``, for this database."""
    # The engine has imported its own dialect; the other one would cost each start 30 ms.
    if database.dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql

        return insert_into_postgresql(model)
    from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite

    return insert_into_sqlite(model)
