"""The table of users, and the keys that usernames and email addresses are compared by."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from compat import UserMixin
from quart_app import clock
from quart_app.database import IDS_USED_ONCE, Base

from .login_session import LoginSession

USERNAME_MAX = 64
EMAIL_MAX = 120


class _LoggedIn(UserMixin):
    """A base class for an attribute without a column: SQLAlchemy maps every annotation of a model."""

    #: The login session of this request; None for a user who was not loaded by a login.
    login_session: LoginSession | None = None


class User(_LoggedIn, Base):
    """A user with an account.

    Usernames and addresses are stored as entered, and compared by their keys: ``Susan`` and ``SUSAN`` are the same
    user. Unique constraints guarantee that there is only one, not a query before the insert.
    """

    __tablename__ = "users"
    __table_args__ = IDS_USED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(USERNAME_MAX))
    username_key: Mapped[str] = mapped_column(String(USERNAME_MAX), unique=True, index=True)
    email: Mapped[str] = mapped_column(String(EMAIL_MAX))
    email_key: Mapped[str] = mapped_column(String(EMAIL_MAX), unique=True, index=True)
    #: When the owner of the account last proved that mails to this address arrive; None if never.
    email_confirmed_at: Mapped[datetime | None] = mapped_column()
    password_hash: Mapped[str | None] = mapped_column(String(256))
    #: Whether the account is open. A closed account cannot be logged in to.
    is_active: Mapped[bool] = mapped_column("active", key="is_active", default=True)
    #: The current generation of this user's logins: see ``sessions/generations``.
    session_generation: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    def __init__(self, *, username: str, email: str) -> None:
        super().__init__()
        self.username, self.username_key = username, username_key(username)
        self.email, self.email_key = email, email_key(email)
        self.is_active = True

    def get_id(self) -> str:
        """The id for the cookies: the handle of the login session, not the user's id.

        Flask-Login calls this an alternative id. It becomes invalid when the session ends, which a user id never does.

        Raises:
            RuntimeError: the user has no login session.
        """
        if self.login_session is None or self.login_session.handle is None:
            raise RuntimeError(f"{self!r} has no login session: log in with start_login().")
        return self.login_session.handle

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, User) else NotImplemented

    __hash__ = UserMixin.__hash__

    def __repr__(self) -> str:
        return f"<User {self.username}>"


def username_key(username: str) -> str:
    """The key of a username: it ignores case and the composition of accents.

    Nearly Unicode's NFKC_Casefold (Unicode 16, section 3.13): folding may undo the normal form, so the result is
    normalized again.
    """
    return _fold(username.strip())


def email_key(email: str) -> str:
    """The key of an email address. It ignores case, as providers do in practice (``Susan@``, ``susan@``)."""
    return _fold(email.strip())


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
