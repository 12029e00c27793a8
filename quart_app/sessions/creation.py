"""Starting login sessions, and how many of them one user may have at a time.

Without a cap, one user's own logins would fill the table, and every list of them. When a user who has
``SESSIONS_PER_USER`` of them logs in, the least recently used one ends. That is a login nobody misses; the oldest one
may be the browser that somebody uses every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from quart import current_app
from sqlalchemy import ColumnElement, Row, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.application import current_settings
from quart_app.database import current_database
from quart_app.models.login_session import Kind, LoginSession
from quart_app.models.user import User
from quart_app.operation.events import Event, record

from .confirmation import lock_user
from .ending import end_session_in
from .generations import ROWS_PER_STATEMENT, begin_generation_in, current_generation, delete_past_generations
from .limits import Limits, current_limits

_SURPLUS_READ = 10_000
"""How many rows beyond the cap are read to find the least recently used ones."""


async def create_session(
    user: User,
    *,
    kind: Kind,
    client: str,
    address: str,
    name: str | None = None,
    instead_of: LoginSession | None = None,
) -> LoginSession | None:
    """A new login session for a user whose password was just checked; None if the check is outdated.

    The password may have been changed, or the account closed or deleted, during the check. Such a change ends all
    existing sessions and must not miss the new one, so both lock the user's row first: the second one waits, and sees
    the changes of the first. (An UPDATE takes the lock, because a SELECT locks nothing in SQLite.) The same transaction
    ends the session that the new one replaces, even one of another user, and makes room for the new one.
    """
    row = LoginSession(user_id=user.id, kind=kind, client=client, address=address, name=name)
    generation = current_generation(user.id)  # an expression of SQL, because the user's row may change
    cap, limits = current_settings().sessions_per_user, current_limits()
    async with current_database().session() as session:
        if not await lock_user(session, user):
            return None
        ended = instead_of is not None and await end_session_in(session, instead_of.user_id, instead_of.id)
        room = await _make_room_in(session, user.id, generation, row.created_at, cap=cap, limits=limits)
        row.generation = generation
        session.add(row)
        await session.commit()
    if instead_of is not None and ended:
        record(Event.LOGGED_OUT, user_id=instead_of.user_id, ended=1)
    if room.ended:
        record(Event.SESSIONS_ENDED, user_id=user.id, ended=room.ended)
    if room.is_rest_left:
        current_app.add_background_task(delete_past_generations, user.id)
    return row


class _Room(NamedTuple):
    """What was done to make room for a new login session.

    Attributes:
        ended: how many valid ones were ended, of those that were read.
        is_rest_left: whether a new generation ended more than were deleted; their rows can be deleted later.
    """

    ended: int
    is_rest_left: bool


async def _make_room_in(
    session: AsyncSession, user_id: int, generation: ColumnElement[int], now: datetime, *, cap: int, limits: Limits
) -> _Room:
    """Delete expired and surplus login sessions of a user, so that one more is within the cap.

    The caller has locked the row of the user, so that concurrent logins make room one after the other, and inserts the
    new login session in the same transaction. Usually a few rows are read. An account from before the cap may have many
    more: its newest rows are read, up to a bound, and all older ones end.
    """
    most = cap + _SURPLUS_READ
    newest = (
        select(LoginSession.id, LoginSession.last_seen_at, limits.expired(now).label("is_expired"))
        .where(LoginSession.user_id == user_id, LoginSession.generation == generation)
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
    return _Room(sum(not row.is_expired for row in dropped), is_rest_left)


def _most_recently_used(rows: Sequence[Row[int, datetime, bool]], count: int) -> frozenset[int]:
    """The ids of so many rows that have not expired; of those that were last seen in the same minute, the newest."""
    valid = sorted((row for row in rows if not row.is_expired), key=lambda row: (row.last_seen_at, row.id))
    return frozenset(row.id for row in valid[max(len(valid) - count, 0) :])
