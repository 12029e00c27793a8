"""Closing accounts, opening them again, and deleting one's own."""

from __future__ import annotations

from sqlalchemy import delete, update

from quart_app.database import DatabaseUnavailable, OutcomeUnknown, current_database
from quart_app.models.user import User
from quart_app.operation.events import Event, record
from quart_app.sessions.confirmation import confirm_session_in
from quart_app.sessions.ending import end_sessions_in
from quart_app.sessions.generations import ROWS_PER_STATEMENT

from .mail_tokens import end_tokens_in


async def deactivate_user(user_id: int) -> None:
    """Close an account for use, and end all its logins, and all links in mails to its user."""
    async with current_database().session() as session:
        await session.execute(update(User).where(User.id == user_id).values(is_active=False))
        ended = await end_sessions_in(session, user_id)
        await end_tokens_in(session, user_id)
        await session.commit()
    record(Event.ACCOUNT_DEACTIVATED, user_id=user_id, ended=ended)


async def activate_user(user_id: int) -> None:
    """Open an account again."""
    async with current_database().session() as session:
        await session.execute(update(User).where(User.id == user_id).values(is_active=True))
        await session.commit()
    record(Event.ACCOUNT_ACTIVATED, user_id=user_id)


async def delete_own_account(user: User) -> None:
    """Delete the account of a user who has just entered the password; its logins go with it.

    The foreign key deletes the last of them. A million logins, from before ``SESSIONS_PER_USER``, would take longer
    than a statement may, so they are ended in batches first, in a transaction each.

    Raises:
        SessionEnded: this login has ended, or the password was changed since it was entered. The account is as it was.
        OutcomeUnknown: the database failed at the commit, or after a batch. Where the account still exists, other
            logins may have ended; the next attempt goes on from there.
    """
    ended, is_done = 1, False
    while not is_done:
        try:
            batch, is_done = await _delete_or_end_logins(user)
        except DatabaseUnavailable as error:
            if ended > 1:
                raise OutcomeUnknown from error.__cause__
            raise
        ended += batch
    record(Event.ACCOUNT_DELETED, user_id=user.id, ended=ended)


async def _delete_or_end_logins(user: User) -> tuple[int, bool]:
    """End a batch of the user's other logins, in a transaction that also deletes the account if these were the last.

    Returns:
        How many logins ended, and whether the account is deleted.
    """
    async with current_database().session() as session:
        row = await confirm_session_in(session, user)
        ended = await end_sessions_in(session, user.id, except_for=row.id)
        is_last = ended < ROWS_PER_STATEMENT
        if is_last:
            await session.execute(delete(User).where(User.id == user.id))
        await session.commit()
    return ended, is_last
