"""The table that says which worker sends mails."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from quart_app.database import Base

THE_ROW = 1
"""The id of the only row."""


class MailSender(Base):
    """A lease: one worker of all hosts sends mails until it ends, and renews it meanwhile. One row, or none."""

    __tablename__ = "mail_sender"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: The worker, by a random id that it chose at its start.
    holder: Mapped[UUID] = mapped_column()
    #: When another worker may take over.
    until: Mapped[datetime] = mapped_column()
