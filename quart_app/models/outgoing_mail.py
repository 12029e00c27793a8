"""The table of mails that are to be sent.

A row says what a mail is about and to whom it goes. It holds neither a token nor the text of the message, which are
made when it is sent: a stolen table resets nobody's password.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Enum, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from quart_app import clock
from quart_app.database import IDS_USED_ONCE, Base

from .user import EMAIL_MAX

ERROR_MAX = 200
ID_MAX = 2**31 - 1  # the largest value of the column


class MailKind(StrEnum):
    """What a mail is about."""

    CONFIRM_ADDRESS = "confirm-address"  # a link that confirms the address
    SET_PASSWORD = "set-password"  # noqa: S105 - a link to set a new password, if the address has an account
    ADDRESS_CHANGED = "address-changed"  # a notice to the old address
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a notice


class OutgoingMail(Base):
    """A mail that waits to be sent, or was given up. The row of a mail that was sent is deleted."""

    __tablename__ = "outgoing_mails"
    __table_args__ = IDS_USED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The random part of the header ``Message-ID``. All attempts share it: mail programs show a repetition once.
    message_id: Mapped[UUID] = mapped_column(default=uuid4)
    kind: Mapped[MailKind] = mapped_column(
        Enum(MailKind, native_enum=False, length=32, values_callable=lambda kinds: [kind.value for kind in kinds])
    )
    #: The address that the mail goes to, as entered.
    address: Mapped[str] = mapped_column(String(EMAIL_MAX))
    #: The user that the mail is about, and with whom it is deleted. None for notices: a thief who deletes the account
    #: must not stop the warning. None also where the user is found by the address when the mail is sent.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    #: The address of the site, which the links in the mail begin with.
    root_url: Mapped[str] = mapped_column()
    #: Where a page that the mail links to leads afterwards.
    next_url: Mapped[str | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column()
    #: None for a mail that was given up: only ``mail retry`` sends it.
    next_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    #: The number of attempts that failed.
    attempts: Mapped[int] = mapped_column(default=0)
    #: Why the last attempt failed, without a secret.
    last_error: Mapped[str | None] = mapped_column(String(ERROR_MAX))

    def __init__(
        self, kind: MailKind, address: str, *, root_url: str, user_id: int | None = None, next_url: str | None = None
    ) -> None:
        super().__init__()
        self.message_id = uuid4()
        self.kind, self.address, self.user_id = kind, address, user_id
        self.root_url, self.next_url = root_url, next_url
        self.created_at = self.next_attempt_at = clock.now()
        self.attempts = 0

    def __repr__(self) -> str:
        return f"<OutgoingMail {self.id}: {self.kind}>"
