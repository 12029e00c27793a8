"""Which login sessions go on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import not_, select

from quart_app import clock
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User

from .limits import current_limits

_IDS_PER_QUERY = 1000  # drivers take some 32,000 parameters, and the loop has others to serve


async def list_sessions(user_id: int) -> Sequence[LoginSession]:
    """The login sessions of a user that are not over, the one used last first."""
    query = (
        select(LoginSession)
        .where(LoginSession.user_id == user_id)
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    )
    async with current_database().session() as session:
        rows = (await session.execute(query)).scalars().all()
    now, limits = clock.now(), current_limits()
    return [row for row in rows if not limits.is_over(row, now)]


async def living_sessions(session_ids: Collection[int]) -> set[tuple[int, int]]:
    """Those of these login sessions that still log their users in, each with its user; asking is no use of them."""
    query = (
        select(LoginSession.id, LoginSession.user_id)
        .join(User, User.id == LoginSession.user_id)
        .where(User.active, not_(current_limits().over(clock.now())))
    )
    ids = sorted(session_ids)
    living: set[tuple[int, int]] = set()
    async with current_database().session() as session:
        for start in range(0, len(ids), _IDS_PER_QUERY):
            chunk = ids[start : start + _IDS_PER_QUERY]
            rows = await session.execute(query.where(LoginSession.id.in_(chunk)))
            living.update((row.id, row.user_id) for row in rows)
    return living
