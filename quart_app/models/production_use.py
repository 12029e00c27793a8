"""The table that says that a database is a production one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from quart_app.database import Base

THE_ROW = 1
"""The id of the only row."""


class ProductionUse(Base):
    """That a server or a command has used this database with ``ENVIRONMENT=production``: one row, or none.

    An environment variable can be forgotten. The database remembers, so that no shell without the variable adds
    accounts with a published password to it.
    """

    __tablename__ = "production_use"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: When that was first so.
    since: Mapped[datetime] = mapped_column()
