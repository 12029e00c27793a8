"""The table of registrations that came with an idempotency key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from quart_app.database import Base

_HASH_LENGTH = 64


class KeyedRegistration(Base):
    """A registration that is running, or has created an account.

    It has neither names nor passwords: whoever repeats the registration sends them again.
    """

    __tablename__ = "keyed_registrations"

    #: A keyed hash of the client's key.
    key_hash: Mapped[str] = mapped_column(String(_HASH_LENGTH), primary_key=True)
    #: A hash of the body, keyed by the client's key as well, which is not stored.
    body_hash: Mapped[str] = mapped_column(String(_HASH_LENGTH))
    #: When the account was created; None while the registration is running.
    registered_at: Mapped[datetime | None] = mapped_column()
    #: When the row counts no longer.
    ends_at: Mapped[datetime] = mapped_column(index=True)
