"""Failed attempts to guess a password, as the database has them: counted once for all workers and hosts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, delete, or_, update

from quart_app.application import this_app
from quart_app.database import DatabaseUnavailable, insert_into
from quart_app.models.failed_attempts import FailedAttempts

_CLOCKS_DIFFER = timedelta(minutes=1)  # those of hosts, which share the counts


class Attempt(NamedTuple):
    """The how many-th it is, and when it will be forgotten."""

    number: int
    ends_at: datetime


async def count_attempt(key: str, *, now: datetime, window: timedelta) -> Attempt:
    """Count one more, in one statement: of many at once, each gets a number of its own.

    What ends later than anything that begins now was begun by a clock that was wrong, and is over as well.
    """
    is_over = or_(FailedAttempts.ends_at <= now, FailedAttempts.ends_at > now + window + _CLOCKS_DIFFER)
    async with this_app.database.session() as session:
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


async def discount_attempt(key: str) -> None:
    """Count one less, as it has not been made."""
    query = (
        update(FailedAttempts)
        .where(FailedAttempts.key == key, FailedAttempts.count > 0)
        .values(count=FailedAttempts.count - 1)
    )
    async with this_app.database.session() as session:
        await session.execute(query)
        await session.commit()


async def forget_attempts(key: str) -> None:
    """Count from the beginning."""
    async with this_app.database.session() as session:
        await session.execute(delete(FailedAttempts).where(FailedAttempts.key == key))
        await session.commit()


async def clear_attempts(now: datetime) -> None:
    """Remove what is over. Called in the background: no login should wait, or fail, for this."""
    try:
        async with this_app.database.session() as session:
            await session.execute(delete(FailedAttempts).where(FailedAttempts.ends_at <= now))
            await session.commit()
    except DatabaseUnavailable as error:
        this_app.logger.warning("Could not clear away old failed attempts: %s", error.__cause__)
