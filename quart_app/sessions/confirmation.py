"""What a user may do who has just proved who they are, if it is still true when it is done."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User


class SessionEnded(Exception):
    """The login session was ended, by somebody else, since this request began."""

    def __init__(self) -> None:
        super().__init__("This login session has just been ended; nothing was changed. Log in again.")


async def confirm_session_in(session: AsyncSession, user: User) -> LoginSession:
    """The login session of a user who has just proved who they are, if that still counts.

    The user was loaded when the request began, and how long its body takes is up to who sends it. So whatever the
    password was entered for begins with this, in the same transaction: who has changed the password meanwhile, to
    lock out somebody who knows the old one, has locked them out. The lock on the user's row is the one that
    :func:`~.creation.create_session` takes. Another confirmation by the same login is no reason to refuse this one.

    Raises:
        SessionEnded: the login has ended, the password has been changed, or the account may not be used any more.
    """
    row = user.login_session
    if row is None or not await lock_user(session, user):
        raise SessionEnded
    if (await session.execute(select(LoginSession.id).where(_is_the_same(row)))).one_or_none() is None:
        raise SessionEnded
    return row


async def renew_session(user: User) -> None:
    """Give the login session of a user a new handle, and its full time, as they have just proved again who they are.

    Raises:
        SessionEnded: see :func:`confirm_session_in`.
    """
    async with current_database().session() as session:
        row = await confirm_session_in(session, user)
        await renew_session_in(session, row)
        await session.commit()


async def renew_session_in(session: AsyncSession, row: LoginSession) -> None:
    """As :func:`renew_session`, in a transaction of the caller's, which has confirmed the login."""
    now = clock.now()
    row.renew_handle()
    row.proved_at = row.last_seen_at = now
    query = (
        update(LoginSession)
        .where(_is_the_same(row))
        .values(handle_hash=row.handle_hash, proved_at=now, last_seen_at=now)
        .returning(LoginSession.id)
    )
    if (await session.execute(query)).one_or_none() is None:
        raise SessionEnded


async def lock_user(session: AsyncSession, user: User) -> bool:
    """Whether the password of this user is still the one that was checked, and will be until the transaction ends."""
    lock = (
        update(User)
        .where(User.id == user.id, User.active, User.password_hash == user.password_hash)
        .values(active=True)
        .returning(User.id)
    )
    return (await session.execute(lock)).one_or_none() is not None


def _is_the_same(row: LoginSession) -> ColumnElement[bool]:
    """By more than its id, which a database that was restored may have given to another login since."""
    return and_(
        LoginSession.id == row.id, LoginSession.user_id == row.user_id, LoginSession.created_at == row.created_at
    )
