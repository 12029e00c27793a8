"""The lease of the worker that sends mails: one at a time, of all workers of all hosts.

The holder renews it before each mail. A worker that was killed, or whose host is frozen, does not, and another one
takes over when the lease has expired. A frozen worker that goes on afterwards sends at most the mail that it had begun,
which may arrive twice then. The time is that of PostgreSQL, because the clocks of hosts may differ.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, DateTime, delete, func, or_

from quart_app import clock
from quart_app.database import Database, insert_into
from quart_app.models.mail_sender import THE_ROW, MailSender

LEASE = timedelta(seconds=90)
"""How long a lease lasts. One attempt to send a mail takes less (``sender``)."""

_TOO_LATE = 2 * LEASE  # a lease that ends later was taken when that clock was ahead


class Lease:
    """The lease, as one worker sees it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = uuid4()

    async def take(self) -> bool:
        """Take the lease, or renew it; return whether this worker has it now.

        One statement decides, so that of two workers one gets it.
        """
        now = self._now()
        insert = insert_into(MailSender, self._database).values(id=THE_ROW, holder=self._holder, until=now + LEASE)
        query = insert.on_conflict_do_update(
            index_elements=[MailSender.id],
            set_={"holder": insert.excluded.holder, "until": insert.excluded.until},
            where=or_(MailSender.holder == self._holder, MailSender.until <= now, MailSender.until > now + _TOO_LATE),
        ).returning(MailSender.id)
        return bool(await self._database.execute(query))

    async def release(self) -> None:
        """Let another worker take it at once. The lease of another worker stays."""
        await self._database.execute(delete(MailSender).where(MailSender.holder == self._holder))

    def _now(self) -> ColumnElement[datetime] | datetime:
        """The time of the database server; SQLite has none, but its workers are on one host."""
        if self._database.dialect == "postgresql":
            return func.statement_timestamp(type_=DateTime(timezone=True))
        return clock.now()
