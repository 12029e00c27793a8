"""The table of failed password attempts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from quart_app.database import Base

_KEY_LENGTH = 64


class FailedAttempts(Base):
    """The number of failed and running attempts with one key, since the first one."""

    __tablename__ = "failed_attempts"

    #: A keyed hash, so that the table contains neither names nor passwords that were entered as a name.
    key: Mapped[str] = mapped_column(String(_KEY_LENGTH), primary_key=True)
    count: Mapped[int] = mapped_column()
    #: When the count expires.
    ends_at: Mapped[datetime] = mapped_column(index=True)
