"""The table of one-time tokens that were sent by mail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from quart_app.database import Base

from .user import EMAIL_MAX

_HASH_LENGTH = 64


class TokenPurpose(StrEnum):
    """What a token may be used for."""

    CONFIRM_ADDRESS = "confirm-address"
    SET_PASSWORD = "set-password"  # noqa: S105 - a purpose, not a password


class MailToken(Base):
    """A token in a link that was sent by mail. It is valid as long as the row exists and has not expired."""

    __tablename__ = "mail_tokens"

    #: The SHA-256 hash of 256 random bits: a stolen table lets nobody in.
    token_hash: Mapped[str] = mapped_column(String(_HASH_LENGTH), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[TokenPurpose] = mapped_column(
        Enum(
            TokenPurpose,
            native_enum=False,
            length=32,
            values_callable=lambda purposes: [one.value for one in purposes],
        )
    )
    #: The address that it was sent to: the one that it confirms.
    email: Mapped[str] = mapped_column(String(EMAIL_MAX))
    #: Where the page of the link leads afterwards. Not in the link: strangers choose it.
    next_url: Mapped[str | None] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column(index=True)
