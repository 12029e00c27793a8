"""Counting failed attempts to guess a password, in the database: one count for all workers and hosts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from quart import current_app
from sqlalchemy import case, delete, or_, update

from quart_app.database import Database, DatabaseUnavailable, insert_into
from quart_app.models.failed_attempts import FailedAttempts

_CLOCK_SKEW = timedelta(minutes=1)  # between hosts, which share the counts


class Attempt(NamedTuple):
    """One attempt: its number since the first one, and when all of them will be forgotten."""

    number: int
    ends_at: datetime


class AttemptCounter:
    """Counts attempts by a key, each method in a transaction of its own.

    Arguments:
        database: where the counts are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, key: str, *, now: datetime, window: timedelta) -> Attempt:
        """Count one more, in one statement: concurrent attempts get different numbers.

        A count that ends later than one that begins now was begun by a wrong clock, and is over as well.
        """
        is_over = or_(FailedAttempts.ends_at <= now, FailedAttempts.ends_at > now + window + _CLOCK_SKEW)
        async with self._database.session() as session:
            first = insert_into(FailedAttempts, session).values(key=key, count=1, ends_at=now + window)
            one_more = first.on_conflict_do_update(
                index_elements=[FailedAttempts.key],
                set_={
                    "count": case((is_over, 1), else_=FailedAttempts.count + 1),
                    "ends_at": case((is_over, first.excluded.ends_at), else_=FailedAttempts.ends_at),
                },
            ).returning(FailedAttempts.count, FailedAttempts.ends_at)
            number, ends_at = (await session.execute(one_more)).one()
            await session.commit()
        return Attempt(number, ends_at)

    async def discount(self, key: str) -> None:
        """Count one less: the attempt was not made."""
        query = (
            update(FailedAttempts)
            .where(FailedAttempts.key == key, FailedAttempts.count > 0)
            .values(count=FailedAttempts.count - 1)
        )
        async with self._database.session() as session:
            await session.execute(query)
            await session.commit()

    async def forget(self, key: str) -> None:
        """Count from the beginning."""
        async with self._database.session() as session:
            await session.execute(delete(FailedAttempts).where(FailedAttempts.key == key))
            await session.commit()

    async def clear(self, now: datetime) -> None:
        """Delete all counts that are over. Runs in the background: no login waits for it, or fails because of it."""
        try:
            async with self._database.session() as session:
                await session.execute(delete(FailedAttempts).where(FailedAttempts.ends_at <= now))
                await session.commit()
        except DatabaseUnavailable as error:
            current_app.logger.warning("Could not delete old failed attempts: %s", error.__cause__)
