"""The queue of mails, which is a table: adding to it, and what operators do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import String, and_, event, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.database import current_database, delete_in_batches
from quart_app.extension import Extension
from quart_app.models.outgoing_mail import MailKind, OutgoingMail

current_wake_up = Extension[asyncio.Event]("quart_app.mail.wake_up")
"""Set when a mail was added in this process, so that it is sent at once."""

_KEPT = timedelta(days=30)  # how long a mail that was given up stays in the queue
_BATCH = 1000  # rows that one transaction changes: each statement has a timeout
_PAUSE = 0.05  # seconds between two batches, in which other transactions can write


def enqueue_in(
    session: AsyncSession,
    kind: MailKind,
    address: str,
    *,
    root_url: str,
    user_id: int | None = None,
    next_url: str | None = None,
    delay: timedelta = timedelta(),
) -> None:
    """Add a mail to the queue, in the transaction of this session: it is sent if that is committed, and only then.

    Arguments:
        session: a session, which the caller commits.
        kind: what the mail is about. Its composer writes it when it is sent.
        address: where it goes.
        root_url: the address of the site: :func:`~quart_app.mail.site.site_url`.
        user_id: the user that it is about. With the user's row the mail is deleted. None for a notice, which outlives
            the account, and if the composer finds the user by the address.
        next_url: where a page that it links to leads afterwards.
        delay: how much later than now it is sent.
    """
    mail = OutgoingMail(kind, address, root_url=root_url, user_id=user_id, next_url=next_url)
    mail.next_attempt_at = mail.created_at + delay
    session.add(mail)
    wake_up = current_wake_up()
    event.listen(session.sync_session, "after_commit", lambda _session: wake_up.set(), once=True)


class QueuedMail(NamedTuple):
    """A mail in the queue, as operators see it. Its kind may be one of a newer release."""

    id: int
    kind: str
    address: str
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None


async def waiting_mails(limit: int) -> Sequence[QueuedMail]:
    """The mails in the queue: those that were given up first, then by their next attempt."""
    query = (
        select(
            OutgoingMail.id,
            type_coerce(OutgoingMail.kind, String),
            OutgoingMail.address,
            OutgoingMail.created_at,
            OutgoingMail.attempts,
            OutgoingMail.next_attempt_at,
            OutgoingMail.last_error,
        )
        .order_by(OutgoingMail.next_attempt_at.asc().nulls_first(), OutgoingMail.id)
        .limit(limit)
    )
    async with current_database().session() as session:
        return [QueuedMail(*row) for row in (await session.execute(query)).all()]


async def retry_mails(ids: Collection[int] | None) -> int:
    """Make mails due now, those that were given up included, as if they had not been tried; return their number.

    That is done in batches, each a transaction.

    Arguments:
        ids: which; None for all.
    """
    ids_query = select(OutgoingMail.id).order_by(OutgoingMail.id).limit(_BATCH)
    if ids is not None:
        ids_query = ids_query.where(OutgoingMail.id.in_(ids))
    make_due = update(OutgoingMail).values(next_attempt_at=clock.now(), attempts=0).returning(OutgoingMail.id)
    database, made_due, last = current_database(), 0, 0
    while batch := [row.id for row in await database.execute(ids_query.where(OutgoingMail.id > last))]:
        made_due += len(await database.execute(make_due.where(OutgoingMail.id.in_(batch))))
        last = batch[-1]
        await asyncio.sleep(_PAUSE if len(batch) == _BATCH else 0)
    current_wake_up().set()
    return made_due


async def remove_old_mails(stop: asyncio.Event | None = None) -> int:
    """Remove mails that were given up long ago, in batches, each a transaction; return their number.

    Arguments:
        stop: when it is set, the current batch is the last.
    """
    is_old = and_(OutgoingMail.next_attempt_at.is_(None), OutgoingMail.created_at < clock.now() - _KEPT)
    return await delete_in_batches(current_database(), OutgoingMail, is_old, stop=stop)
