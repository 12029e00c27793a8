"""Whether a login session is still valid in the transaction that changes something, and its renewal.

The user of a request is loaded when it begins, and the client decides how long its body takes. So every change begins
with :func:`confirm_session_in` or :func:`check_session_in`, in the same transaction. Both lock the user's row before
any row of a login session: two logins that end each other at the same time cannot wait for each other for ever. The
second finds that it has ended.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User

from .generations import current_generation


class SessionEnded(Exception):
    """The login session was ended by another request, after this one began."""

    def __init__(self) -> None:
        super().__init__("This login session has just been ended; nothing was changed. Log in again.")


async def confirm_session_in(session: AsyncSession, user: User) -> LoginSession:
    """The login session of a user who has confirmed the password in this request, if both are still valid.

    If the password was changed meanwhile, to lock out an attacker who knows the old one, the attacker is locked out.
    The lock on the user's row is the same as in :func:`~.creation.create_session`. A concurrent confirmation by the
    same login is not refused: it may come from another tab. A token that was renewed meanwhile is.

    Raises:
        SessionEnded: the login has ended, its token was renewed, the password was changed, or the account was closed.
    """
    row = user.login_session
    if row is None or not await lock_user(session, user):
        raise SessionEnded
    still_valid = select(LoginSession.id).where(is_the_same(row))
    if row.is_bearer:
        still_valid = still_valid.where(LoginSession.handle_hash == row.handle_hash)
    if (await session.execute(still_valid)).one_or_none() is None:
        raise SessionEnded
    return row


async def check_session_in(session: AsyncSession, user: User) -> LoginSession:
    """The login session of a user, if it still exists with the handle that this request came with.

    For changes that need no password. A handle that was renewed meanwhile is refused, although the session goes on: a
    copy of its old cookies is worth nothing.

    Raises:
        SessionEnded: the login has ended, its handle was renewed, or the account was closed.
    """
    row = user.login_session
    lock = update(User).where(User.id == user.id, User.is_active).values(is_active=True).returning(User.id)
    if row is None or (await session.execute(lock)).one_or_none() is None:
        raise SessionEnded
    query = select(LoginSession.id).where(is_the_same(row), LoginSession.handle_hash == row.handle_hash)
    if (await session.execute(query)).one_or_none() is None:
        raise SessionEnded
    return row


async def renew_session(user: User) -> bool:
    """Give the login session of a user, who has just confirmed the password, a new handle and its full duration.

    Returns:
        False, and nothing was changed, if another request of the same login has renewed it since this one began. The
        browser gets one handle from two responses whose order is unknown, so only one of them may have a valid one.

    Raises:
        SessionEnded: see :func:`confirm_session_in`.
    """
    async with current_database().session() as session:
        row = await confirm_session_in(session, user)
        unchanged = select(LoginSession.id).where(
            LoginSession.id == row.id, LoginSession.handle_hash == row.handle_hash
        )
        if (await session.execute(unchanged)).one_or_none() is None:
            return False
        await renew_session_in(session, row)
        await session.commit()
    return True


async def renew_session_in(session: AsyncSession, row: LoginSession) -> None:
    """As :func:`renew_session`, in the caller's transaction, after :func:`confirm_session_in`.

    Raises:
        SessionEnded: another request has renewed the handle since this one began. The answer to that request may be the
            last to arrive, and would replace the handle of this one by a void one.
    """
    now, before = clock.now(), row.handle_hash
    row.renew_handle()
    row.proved_at = row.last_seen_at = now
    query = (
        update(LoginSession)
        .where(is_the_same(row), LoginSession.handle_hash == before)
        .values(handle_hash=row.handle_hash, proved_at=now, last_seen_at=now)
        .returning(LoginSession.id)
    )
    if (await session.execute(query)).one_or_none() is None:
        raise SessionEnded


async def renew_token(user: User) -> None:
    """Give the login session of a user, who came with a bearer token, a new handle and its full duration.

    No password is needed: a token that is used ends by being unused, by a logout or a new password, as before. Of two
    requests with one token the first renews it, and the second finds it void.

    Raises:
        SessionEnded: see :func:`check_session_in`; nothing was changed.
    """
    async with current_database().session() as session:
        row = await check_session_in(session, user)
        await renew_session_in(session, row)
        await session.commit()


async def lock_user(session: AsyncSession, user: User) -> bool:
    """Lock the row of a user until the transaction ends; False if the password was changed or the account closed."""
    lock = (
        update(User)
        .where(User.id == user.id, User.is_active, User.password_hash == user.password_hash)
        .values(is_active=True)
        .returning(User.id)
    )
    return (await session.execute(lock)).one_or_none() is not None


def is_the_same(row: LoginSession) -> ColumnElement[bool]:
    """The condition that a row is this one, by more than its id: a restored database may give that to another login."""
    return and_(
        LoginSession.id == row.id,
        LoginSession.user_id == row.user_id,
        LoginSession.created_at == row.created_at,
        LoginSession.generation == current_generation(row.user_id),
    )
