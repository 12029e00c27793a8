"""INSERT with ON CONFLICT: both databases have it, and SQLAlchemy has one class for each."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite

from .base import Base
from .connections import Database


def insert_into(model: type[Base], database: Database) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``, for this database."""
    return postgresql.insert(model) if database.dialect == "postgresql" else sqlite.insert(model)
