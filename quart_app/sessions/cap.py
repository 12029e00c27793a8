"""How many logins one user may have at a time.

Without a cap, one user's own logins would fill the table, and every list of them. When a user who has
``SESSIONS_PER_USER`` of them logs in, the least recently used one ends. That is a login nobody misses; the oldest one
may be the browser that somebody uses every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.models.login_session import LoginSession
from quart_app.settings import current_settings

from .generations import ROWS_PER_STATEMENT, begin_generation_in, current_generation
from .limits import current_limits

_SURPLUS_READ = 10_000
"""How many rows beyond the cap are read to find the least recently used ones."""


class Room(NamedTuple):
    """What was done to make room for a new login session.

    Attributes:
        ended: how many valid ones were ended, of those that were read.
        is_rest_left: whether a new generation ended more than were deleted; their rows can be deleted later.
    """

    ended: int
    is_rest_left: bool


async def make_room_in(session: AsyncSession, user_id: int, now: datetime) -> Room:
    """Delete expired and surplus login sessions of a user, so that one more is within the cap.

    The caller has locked the row of the user, so that concurrent logins make room one after the other, and inserts the
    new login session in the same transaction. Usually a few rows are read. An account from before the cap may have many
    more: its newest rows are read, up to a bound, and all older ones end.
    """
    cap = current_settings().sessions_per_user
    most = cap + _SURPLUS_READ
    newest = (
        select(LoginSession.id, LoginSession.last_seen_at, current_limits().expired(now).label("is_expired"))
        .where(LoginSession.user_id == user_id, LoginSession.generation == current_generation(user_id))
        .order_by(LoginSession.id.desc())
        .limit(most)
    )
    rows = (await session.execute(newest)).all()
    kept = _most_recently_used(rows, cap - 1)
    dropped = [row for row in rows if row.id not in kept]
    is_rest_left = len(rows) == most or len(dropped) > ROWS_PER_STATEMENT
    if is_rest_left:
        await begin_generation_in(session, user_id, keep=kept)
    if dropped:
        ids = [row.id for row in dropped[:ROWS_PER_STATEMENT]]
        await session.execute(delete(LoginSession).where(LoginSession.id.in_(ids)))
    return Room(sum(not row.is_expired for row in dropped), is_rest_left)


def _most_recently_used(rows: Sequence[Row[int, datetime, bool]], count: int) -> frozenset[int]:
    """The ids of so many rows that have not expired; of those that were last seen in the same minute, the newest."""
    valid = sorted((row for row in rows if not row.is_expired), key=lambda row: (row.last_seen_at, row.id))
    return frozenset(row.id for row in valid[max(len(valid) - count, 0) :])
