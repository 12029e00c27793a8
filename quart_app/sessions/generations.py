"""Ending any number of logins of a user by one write.

A login is valid only in the current generation of its user's logins. Ended logins are deleted, and a user has
``SESSIONS_PER_USER`` at most. But an account from before that setting may have a million, and to delete them takes
longer than a statement may. Then a new generation ends those that are not taken over into it at once, however many they
are. Their rows are deleted in small batches in the background, after a login, or swept when they would have expired.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from quart import current_app
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.database import DatabaseUnavailable, current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User

ROWS_PER_STATEMENT = 1000
"""How many login sessions one statement reads or deletes at most."""

_PAUSE = 0.05  # seconds between two batches, in which other transactions can write


def current_generation(user_id: int) -> ColumnElement[int]:
    """The number of the user's current generation, for the condition of another statement."""
    return select(User.session_generation).where(User.id == user_id).scalar_subquery()


async def begin_generation_in(session: AsyncSession, user_id: int, *, keep: Collection[int]) -> None:
    """End all login sessions of a user but these, in the caller's transaction, by two statements.

    The row of the user is written first, as every transaction on a user's login sessions does.

    Arguments:
        session: of the caller, who commits.
        user_id: the user.
        keep: ids of the login sessions that become part of the new generation.
    """
    begin = update(User).where(User.id == user_id).values(session_generation=User.session_generation + 1)
    await session.execute(begin.execution_options(synchronize_session=False))
    if keep:
        take_over = (
            update(LoginSession)
            .where(LoginSession.user_id == user_id, LoginSession.id.in_(keep))
            .values(generation=current_generation(user_id))
        )
        await session.execute(take_over.execution_options(synchronize_session=False))


async def delete_past_generations(user_id: int) -> None:
    """Delete the rows of ended login sessions of a user, in batches. Runs in the background, after the commit.

    Rows that remain, because the server stops or the database fails, are swept when they expire.
    """
    past = (
        select(LoginSession.id)
        .where(LoginSession.user_id == user_id, LoginSession.generation < current_generation(user_id))
        .limit(ROWS_PER_STATEMENT)
    )
    query = delete(LoginSession).where(LoginSession.id.in_(past)).returning(LoginSession.id)
    try:
        while True:
            async with current_database().session() as session:
                deleted = len((await session.execute(query)).all())
                await session.commit()
            if deleted < ROWS_PER_STATEMENT:
                return
            await asyncio.sleep(_PAUSE)
    except DatabaseUnavailable as error:
        current_app.logger.warning(
            "Could not delete all ended login sessions of user %s; they are swept when they expire: %s",
            user_id,
            error.__cause__,
        )
