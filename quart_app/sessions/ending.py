"""Ending login sessions before they expire.

Ending a session deletes its row: no history is kept. Only where a user has more than a statement deletes in time, a new
generation ends all of them (see ``generations``).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User
from quart_app.operation.events import Event, record

from .confirmation import SessionEnded, check_session_in, is_the_same
from .generations import ROWS_PER_STATEMENT, begin_generation_in

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


async def end_another_session(user: User, public_id: UUID) -> bool:
    """End another login session of this user; False if the user has no such session.

    Raises:
        SessionEnded: the login of this request is no longer valid; nothing was changed.
    """
    async with current_database().session() as session:
        await check_session_in(session, user)
        query = (
            delete(LoginSession)
            .where(LoginSession.public_id == public_id, LoginSession.user_id == user.id)
            .returning(LoginSession.id)
        )
        ended = (await session.execute(query)).one_or_none() is not None
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
    """End the login sessions of all users, in batches, each a transaction; return their number."""
    batch = select(LoginSession.id).limit(ROWS_PER_STATEMENT)
    query = delete(LoginSession).where(LoginSession.id.in_(batch)).returning(LoginSession.id)
    ended, is_done = 0, False
    while not is_done:
        async with current_database().session() as session:
            deleted = len((await session.execute(query)).all())
            await session.commit()
        ended, is_done = ended + deleted, deleted < ROWS_PER_STATEMENT
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
    """As :func:`end_sessions`, in the caller's transaction, and without recording an event.

    It deletes :data:`~.generations.ROWS_PER_STATEMENT` rows at most, and returns their number. If there are more, a new
    generation ends them, too.
    """
    query = (
        select(LoginSession.id)
        .where(LoginSession.user_id == user_id)
        .order_by(LoginSession.generation.desc(), LoginSession.id.desc())  # that of the index: no more rows are read
        .limit(ROWS_PER_STATEMENT)
    )
    if except_for is not None:
        query = query.where(LoginSession.id != except_for)
    ids = (await session.scalars(query)).all()
    if len(ids) == ROWS_PER_STATEMENT:
        await begin_generation_in(session, user_id, keep=[] if except_for is None else [except_for])
    if not ids:
        return 0
    ended = delete(LoginSession).where(LoginSession.id.in_(ids)).returning(LoginSession.id)
    return len((await session.execute(ended)).all())
