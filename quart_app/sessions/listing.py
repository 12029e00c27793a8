"""Login sessions that have not expired."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import not_, select

from quart_app import clock
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User

from .generations import current_generation
from .limits import current_limits

_IDS_PER_QUERY = 1000  # drivers take about 32,000 parameters; smaller queries block the event loop for less time


async def list_sessions(user_id: int) -> Sequence[LoginSession]:
    """The login sessions of a user that have not expired, the most recently used first."""
    query = (
        select(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.generation == current_generation(user_id))
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    )
    async with current_database().session() as session:
        rows = (await session.execute(query)).scalars().all()
    now, limits = clock.now(), current_limits()
    return [row for row in rows if not limits.is_expired(row, now)]


async def living_sessions(session_ids: Collection[int]) -> set[tuple[int, int]]:
    """Which of these login sessions are still valid, as pairs of session id and user id. This is not a use of them."""
    query = (
        select(LoginSession.id, LoginSession.user_id)
        .join(User, User.id == LoginSession.user_id)
        .where(User.active, LoginSession.generation == User.session_generation)
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
