"""A login session, as the database has it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from quart_app import clock
from quart_app.database import IDS_USED_ONCE, Base

from .handles import hash_handle, new_handle

CLIENT_MAX = 80
ADDRESS_MAX = 64
ID_MAX = 2**31 - 1  # what the column holds: a larger number is nobody's, and no error of the database
_HASH_LENGTH = 64


class Kind(StrEnum):
    """What a login session lives by, and therefore how long it does."""

    SESSION = "session"  # the browser's session cookie
    REMEMBERED = "remembered"  # a remember cookie as well
    BEARER = "bearer"  # a token that a program keeps


class _Handle:
    """Apart from the columns, as SQLAlchemy takes every annotation of a model for one."""

    #: What the cookies hold, or the token. Known to the request that has created or found the row, and to nobody else.
    handle: str | None = None


class LoginSession(_Handle, Base):
    """One login of a user.

    While the row is there, and young enough, its cookies or its token log in; afterwards they do not.
    """

    __tablename__ = "login_sessions"
    __table_args__ = (
        Index("ix_login_sessions_kind_proved_at_id", "kind", "proved_at", "id"),  # for the sweep
        IDS_USED_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    handle_hash: Mapped[str] = mapped_column(String(_HASH_LENGTH), unique=True)
    kind: Mapped[Kind] = mapped_column(
        Enum(Kind, native_enum=False, length=16, values_callable=lambda kinds: [kind.value for kind in kinds])
    )
    #: A short description of the browser, and where it called from, at login.
    client: Mapped[str] = mapped_column(String(CLIENT_MAX))
    address: Mapped[str] = mapped_column(String(ADDRESS_MAX))
    created_at: Mapped[datetime] = mapped_column()
    #: When the password was last entered: at login, and at each re-authentication.
    proved_at: Mapped[datetime] = mapped_column()
    #: As of a minute ago: not every request is written down.
    last_seen_at: Mapped[datetime] = mapped_column()

    def __init__(self, *, user_id: int, kind: Kind, client: str, address: str) -> None:
        super().__init__()
        self.user_id, self.kind = user_id, kind
        self.client, self.address = client[:CLIENT_MAX], address[:ADDRESS_MAX]
        self.created_at = self.proved_at = self.last_seen_at = clock.now()
        self.renew_handle()

    @property
    def is_remembered(self) -> bool:
        """Whether it outlives the browser."""
        return self.kind is Kind.REMEMBERED

    @property
    def is_bearer(self) -> bool:
        """Whether it is a program's, which sends a token and keeps no cookies."""
        return self.kind is Kind.BEARER

    def renew_handle(self) -> None:
        """Take another handle; the old one is nobody's then."""
        self.handle = new_handle()
        self.handle_hash = hash_handle(self.handle) or ""

    def __repr__(self) -> str:
        return f"<LoginSession {self.id} of user {self.user_id}>"
