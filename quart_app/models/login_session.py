"""The table of login sessions.

A login session has a handle: the secret in its cookies, of which the database has only a hash.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import Enum, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from quart_app import clock
from quart_app.database import IDS_USED_ONCE, Base

CLIENT_MAX = 80
SESSION_NAME_MAX = 64
ADDRESS_MAX = 64
ID_MAX = 2**31 - 1  # the largest value of the column
_HANDLE_BYTES = 32
_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_HASH_LENGTH = 64


class Kind(StrEnum):
    """How a login session is kept by the client, which decides how long it lasts."""

    SESSION = "session"  # in the session cookie, until the browser is closed
    REMEMBERED = "remembered"  # in a remember cookie, too
    BEARER = "bearer"  # as a bearer token of a program


class _Handle:
    """A base class for an attribute without a column: SQLAlchemy maps every annotation of a model."""

    #: The secret in the cookies or the token. Known only in the request that created or found the row.
    handle: str | None = None


class LoginSession(_Handle, Base):
    """One login of a user.

    Its cookies or its token log in as long as the row exists and has not expired.
    """

    __tablename__ = "login_sessions"
    __table_args__ = (
        Index("ix_login_sessions_kind_proved_at_id", "kind", "proved_at", "id"),  # for the sweep
        Index("ix_login_sessions_user_id_generation_id", "user_id", "generation", "id"),  # for those of one user
        Index("ix_login_sessions_public_id", "public_id", unique=True),
        IDS_USED_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The id for clients. It is random, because :attr:`id` counts the logins of the whole site.
    public_id: Mapped[UUID] = mapped_column(default=uuid4)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    #: It is valid only in the current generation of its user's logins, ``User.session_generation``.
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    handle_hash: Mapped[str] = mapped_column(String(_HASH_LENGTH), unique=True)
    kind: Mapped[Kind] = mapped_column(
        Enum(Kind, native_enum=False, length=16, values_callable=lambda kinds: [kind.value for kind in kinds])
    )
    #: What the client calls it, such as the name of a script.
    name: Mapped[str | None] = mapped_column(String(SESSION_NAME_MAX))
    #: A short description of the browser, and its network address, at login.
    client: Mapped[str] = mapped_column(String(CLIENT_MAX))
    address: Mapped[str] = mapped_column(String(ADDRESS_MAX))
    created_at: Mapped[datetime] = mapped_column()
    #: When the password was last entered: at login, and at each re-authentication. For a token: when it was issued.
    proved_at: Mapped[datetime] = mapped_column()
    #: To the minute: see ``sessions/last_seen``.
    last_seen_at: Mapped[datetime] = mapped_column()

    def __init__(self, *, user_id: int, kind: Kind, client: str, address: str, name: str | None = None) -> None:
        super().__init__()
        self.public_id = uuid4()
        self.user_id, self.kind, self.name = user_id, kind, name
        self.client, self.address = client[:CLIENT_MAX], address[:ADDRESS_MAX]
        self.renew_handle()
        self.created_at = self.proved_at = self.last_seen_at = clock.now()

    @property
    def is_remembered(self) -> bool:
        """Whether the login outlives a restart of the browser."""
        return self.kind is Kind.REMEMBERED

    @property
    def is_bearer(self) -> bool:
        """Whether the login belongs to a program that sends a bearer token."""
        return self.kind is Kind.BEARER

    def renew_handle(self) -> None:
        """Set a new handle. The old one is no longer valid."""
        self.handle = new_handle()
        self.handle_hash = hash_handle(self.handle) or ""

    def __repr__(self) -> str:
        return f"<LoginSession {self.id} of user {self.user_id}>"


def new_handle() -> str:
    """A handle of 256 random bits, as text (ASVS 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(_HANDLE_BYTES)


def hash_handle(handle: str) -> str | None:
    """The hash of a handle; None for a text that cannot be a handle, such as a user id in an old cookie.

    SHA-256 is enough, because a random handle cannot be found with a dictionary. A stolen table logs nobody in.
    """
    return sha256(handle.encode()).hexdigest() if _HANDLE.fullmatch(handle) else None
