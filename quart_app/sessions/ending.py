"""Ending login sessions before they expire.

Ending a session deletes its row: there is no flag that a query could forget to check, and no history is kept.
"""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.operation.events import Event, record


async def end_session(user_id: int, session_id: int, event: Event = Event.SESSION_ENDED) -> bool:
    """End one login session of this user, and record the event; False if the user has no such session."""
    async with current_database().session() as session:
        ended = await end_session_in(session, user_id, session_id)
        await session.commit()
    if ended:
        record(event, user_id=user_id, ended=1)
    return ended


async def end_sessions(user_id: int, *, except_for: int | None = None) -> int:
    """End all login sessions of this user, or all but one; return their number."""
    async with current_database().session() as session:
        ended = await end_sessions_in(session, user_id, except_for=except_for)
        await session.commit()
    if ended:
        record(Event.SESSIONS_ENDED, user_id=user_id, ended=ended)
    return ended


async def end_all_sessions() -> int:
    """End the login sessions of all users; return their number."""
    async with current_database().session() as session:
        ended = await session.scalar(select(func.count(LoginSession.id))) or 0
        await session.execute(delete(LoginSession))
        await session.commit()
    if ended:
        record(Event.SESSIONS_ENDED, ended=ended)
    return ended


async def end_session_in(session: AsyncSession, user_id: int, session_id: int) -> bool:
    """As :func:`end_session`, in the caller's transaction, and without recording an event."""
    query = (
        delete(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.user_id == user_id)
        .returning(LoginSession.id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def end_sessions_in(session: AsyncSession, user_id: int, *, except_for: int | None = None) -> int:
    """As :func:`end_sessions`, in the caller's transaction, and without recording an event."""
    query = delete(LoginSession).where(LoginSession.user_id == user_id)
    if except_for is not None:
        query = query.where(LoginSession.id != except_for)
    return len((await session.execute(query.returning(LoginSession.id))).all())
