"""The user, as the database has it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from compat import UserMixin
from quart_app.application import this_app
from quart_app.database import Base

from .names import email_key, username_key

USERNAME_MAX = 64
EMAIL_MAX = 120


class User(UserMixin, Base):
    """Somebody with an account.

    Names and addresses are kept as they were entered and compared by their keys: ``Susan`` and ``SUSAN`` are
    one user. The database, and not a question asked before, guarantees that there is only one.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(USERNAME_MAX))
    username_key: Mapped[str] = mapped_column(String(USERNAME_MAX), unique=True, index=True)
    email: Mapped[str] = mapped_column(String(EMAIL_MAX))
    email_key: Mapped[str] = mapped_column(String(EMAIL_MAX), unique=True, index=True)
    password_hash: Mapped[str | None] = mapped_column(String(256))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))

    def __init__(self, *, username: str, email: str) -> None:
        super().__init__()
        self.username, self.username_key = username, username_key(username)
        self.email, self.email_key = email, email_key(email)
        self.active = True

    @property
    def is_active(self) -> bool:
        """Whether the account may be used; nobody can log in to one that may not."""
        return self.active

    async def set_password(self, password: str) -> None:
        """Keep a hash of this password; save the user afterwards."""
        self.password_hash = await this_app.passwords.hash(password)

    async def check_password(self, password: str) -> bool:
        """Whether it is this password. Takes as long as hashing does, whatever the answer."""
        return await this_app.passwords.verify(self.password_hash, password)

    def __repr__(self) -> str:
        return f"<User {self.username}>"
