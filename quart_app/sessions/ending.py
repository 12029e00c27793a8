"""Ending login sessions before they expire.

Ending a session deletes its row: there is no flag that a query could forget to check, and no history is kept.
"""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User
from quart_app.operation.events import Event, record

from .confirmation import SessionEnded, check_session_in, is_the_same

# --- by a user who is logged in


async def end_own_session(user: User) -> None:
    """End the login session of this request.

    Raises:
        SessionEnded: another request has ended it.
    """
    row = user.login_session
    if row is None:
        raise SessionEnded
    async with current_database().session() as session:
        query = delete(LoginSession).where(is_the_same(row)).returning(LoginSession.id)
        ended = (await session.execute(query)).one_or_none() is not None
        await session.commit()
    if not ended:
        raise SessionEnded
    record(Event.LOGGED_OUT, user_id=user.id, ended=1)


async def end_another_session(user: User, session_id: int) -> bool:
    """End another login session of this user; False if the user has no such session.

    Raises:
        SessionEnded: the login of this request is no longer valid; nothing was changed.
    """
    async with current_database().session() as session:
        await check_session_in(session, user)
        ended = await end_session_in(session, user.id, session_id)
        await session.commit()
    if ended:
        record(Event.SESSION_ENDED, user_id=user.id, ended=1)
    return ended


async def end_all_other_sessions(user: User) -> int:
    """End all login sessions of this user but the one of this request; return their number.

    Raises:
        SessionEnded: the login of this request is no longer valid; nothing was changed.
    """
    async with current_database().session() as session:
        here = await check_session_in(session, user)
        ended = await end_sessions_in(session, user.id, except_for=here.id)
        await session.commit()
    if ended:
        record(Event.SESSIONS_ENDED, user_id=user.id, ended=ended)
    return ended


# --- by an operator


async def end_session(user_id: int, session_id: int) -> bool:
    """End one login session of this user; False if the user has no such session."""
    async with current_database().session() as session:
        ended = await end_session_in(session, user_id, session_id)
        await session.commit()
    if ended:
        record(Event.SESSION_ENDED, user_id=user_id, ended=1)
    return ended


async def end_sessions(user_id: int) -> int:
    """End all login sessions of this user; return their number."""
    async with current_database().session() as session:
        ended = await end_sessions_in(session, user_id)
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


# --- in the caller's transaction, without recording an event


async def end_session_in(session: AsyncSession, user_id: int, session_id: int) -> bool:
    """End one login session of this user; False if the user has no such session."""
    query = (
        delete(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.user_id == user_id)
        .returning(LoginSession.id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def end_sessions_in(session: AsyncSession, user_id: int, *, except_for: int | None = None) -> int:
    """End all login sessions of this user, or all but one; return their number."""
    query = delete(LoginSession).where(LoginSession.user_id == user_id)
    if except_for is not None:
        query = query.where(LoginSession.id != except_for)
    return len((await session.execute(query.returning(LoginSession.id))).all())
