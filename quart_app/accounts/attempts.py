"""Counts of failed password attempts in the database, shared by all workers and hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from quart import current_app
from sqlalchemy import case, delete, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from quart_app.database import Database, DatabaseUnavailable, delete_in_batches, insert_into
from quart_app.models.failed_attempts import FailedAttempts

_CLOCK_SKEW = timedelta(minutes=1)  # between hosts, which share the counts


class Attempt(NamedTuple):
    """One attempt: its number since the first one, and when the count expires."""

    number: int
    ends_at: datetime


class AttemptCounter:
    """Counts attempts by key. Each method is a transaction of its own, but for :meth:`count_in`.

    Arguments:
        database: holds the counts.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = insert_into(FailedAttempts, database)

    async def count(self, key: str, *, now: datetime, window: timedelta) -> Attempt:
        """Count one more attempt, in one statement: concurrent attempts get different numbers.

        A count that expires later than a new one would was started with a wrong clock, and is treated as expired.
        """
        number, ends_at = (await self._database.execute(self._one_more(key, now, window)))[0]
        return Attempt(number, ends_at)

    async def count_in(self, session: AsyncSession, key: str, *, now: datetime, window: timedelta) -> Attempt:
        """As :meth:`count`, in the caller's transaction."""
        number, ends_at = (await session.execute(self._one_more(key, now, window))).one()
        return Attempt(number, ends_at)

    def _one_more(self, key: str, now: datetime, window: timedelta) -> ReturningInsert[int, datetime]:
        is_expired = or_(FailedAttempts.ends_at <= now, FailedAttempts.ends_at > now + window + _CLOCK_SKEW)
        first = self._insert.values(key=key, count=1, ends_at=now + window)
        return first.on_conflict_do_update(
            index_elements=[FailedAttempts.key],
            set_={
                "count": case((is_expired, 1), else_=FailedAttempts.count + 1),
                "ends_at": case((is_expired, first.excluded.ends_at), else_=FailedAttempts.ends_at),
            },
        ).returning(FailedAttempts.count, FailedAttempts.ends_at)

    async def discount(self, key: str) -> None:
        """Take one attempt back, because no password was checked. Runs in the background, as :meth:`clear` does."""
        query = (
            update(FailedAttempts)
            .where(FailedAttempts.key == key, FailedAttempts.count > 0)
            .values(count=FailedAttempts.count - 1)
        )
        try:
            await self._database.execute(query)
        except DatabaseUnavailable as error:
            current_app.logger.warning(
                "A login attempt whose password was not checked still counts, because the database does not answer: %s",
                error.__cause__,
            )

    def forget(self, key: str) -> Awaitable[object]:
        """Delete the count of a key; await the result."""
        return self._database.execute(delete(FailedAttempts).where(FailedAttempts.key == key))

    async def clear(self, now: datetime) -> None:
        """Delete all expired counts. Runs in the background: no login waits for it, or fails because of it.

        It deletes in batches, each a transaction: after a night of guesses at made-up names, one statement for all
        would take longer than it may, and never succeed. Rows that another worker is deleting are skipped.
        """
        try:
            await delete_in_batches(self._database, FailedAttempts, FailedAttempts.ends_at <= now)
        except DatabaseUnavailable as error:
            current_app.logger.warning("Could not delete expired counts of failed attempts: %s", error.__cause__)


async def forget_attempts_in(session: AsyncSession, keys: Collection[str]) -> None:
    """Delete the counts of these keys, in the caller's transaction."""
    query = delete(FailedAttempts).where(FailedAttempts.key.in_(keys))
    await session.execute(query.execution_options(synchronize_session=False))
