"""Failed attempts to guess a password, as the database has them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from quart_app.database import Base

_KEY_LENGTH = 64


class FailedAttempts(Base):
    """How often something has been guessed wrong, or is being guessed, since the first time."""

    __tablename__ = "failed_attempts"

    #: A keyed hash: names stay out of this table, and so do passwords that were entered in the wrong field.
    key: Mapped[str] = mapped_column(String(_KEY_LENGTH), primary_key=True)
    count: Mapped[int] = mapped_column()
    #: When they are forgotten.
    ends_at: Mapped[datetime] = mapped_column(index=True)
