"""Login sessions that have not expired."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import not_, select

from quart_app import clock
from quart_app.database import current_database
from quart_app.models.login_session import ID_MAX, LoginSession
from quart_app.models.user import User

from .generations import current_generation
from .limits import current_limits

_IDS_PER_QUERY = 1000  # drivers take about 32,000 parameters; smaller queries block the event loop for less time


class SessionPage(NamedTuple):
    """A part of a user's login sessions, the newest login first.

    Attributes:
        sessions: those that have not expired: at most the limit, and fewer if some have.
        newer: the ``after`` of the page with newer logins; None if there is none.
        older: the ``before`` of the page with older logins; None if there is none.
    """

    sessions: Sequence[LoginSession]
    newer: int | None
    older: int | None


async def list_sessions(
    user_id: int, *, limit: int, before: int | None = None, after: int | None = None
) -> SessionPage:
    """A page of the login sessions of a user, by one query, which reads no more rows than the page and one.

    Pages are found by ids and not by numbers, so that none is missed or shown twice when a login begins or ends
    between two pages.

    Arguments:
        user_id: the user.
        limit: rows of a page.
        before: only logins with smaller ids, which are older.
        after: only logins with larger ids, which are newer: the oldest of these. It goes before *before*.
    """
    query = (
        select(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.generation == current_generation(user_id))
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(LoginSession.id > after).order_by(LoginSession.id)
    else:
        query = query.order_by(LoginSession.id.desc())
        if before is not None:
            query = query.where(LoginSession.id < before)
    async with current_database().session() as session:
        rows = list((await session.execute(query)).scalars())
    has_more, rows = len(rows) > limit, rows[:limit]
    rows.sort(key=lambda row: row.id, reverse=True)
    # There is another page in the direction of this one if there was a row too many, and the page that it was reached
    # from in the other direction. Where that has no rows any more, its link leads past the row that it was reached by.
    has_newer, has_older = (has_more, True) if after is not None else (before is not None, has_more)
    newer = (rows[0].id if rows else max((before or 0) - 1, 0)) if has_newer else None
    older = (rows[-1].id if rows else min((after or 0) + 1, ID_MAX)) if has_older else None
    now, limits = clock.now(), current_limits()
    return SessionPage([row for row in rows if not limits.is_expired(row, now)], newer, older)


async def find_session(user_id: int, public_id: UUID) -> LoginSession | None:
    """The login session of a user with this public id; None if there is none, or it has expired."""
    query = select(LoginSession).where(
        LoginSession.public_id == public_id,
        LoginSession.user_id == user_id,
        LoginSession.generation == current_generation(user_id),
    )
    async with current_database().session() as session:
        row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None or current_limits().is_expired(row, clock.now()) else row


async def living_sessions(session_ids: Collection[int]) -> set[tuple[int, int]]:
    """Which of these login sessions are still valid, as pairs of session id and user id. This is not a use of them."""
    query = (
        select(LoginSession.id, LoginSession.user_id)
        .join(User, User.id == LoginSession.user_id)
        .where(User.is_active, LoginSession.generation == User.session_generation)
        .where(not_(current_limits().expired(clock.now())))
    )
    ids = sorted(session_ids)
    living: set[tuple[int, int]] = set()
    async with current_database().session() as session:
        for start in range(0, len(ids), _IDS_PER_QUERY):
            chunk = ids[start : start + _IDS_PER_QUERY]
            rows = await session.execute(query.where(LoginSession.id.in_(chunk)))
            living.update((row.id, row.user_id) for row in rows)
    return living
