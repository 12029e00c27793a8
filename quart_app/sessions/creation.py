"""Beginning login sessions."""

from __future__ import annotations

from sqlalchemy import delete

from quart_app.database import current_database
from quart_app.models.login_session import Kind, LoginSession
from quart_app.models.user import User
from quart_app.operation.events import Event, record

from .confirmation import lock_user
from .ending import end_session_in
from .limits import current_limits


async def create_session(
    user: User, *, kind: Kind, client: str, address: str, instead_of: LoginSession | None = None
) -> LoginSession | None:
    """A login session for a user who has just proved who they are; None if that is not true any more.

    The password may have been changed, or the account closed or deleted, while it was checked. Such a change ends
    all sessions there are and must not miss the one that is just beginning, so we take the lock on the user's row
    first: whichever is second waits, and sees what the other has done. (A SELECT would not do: for SQLite it is no
    reason to lock.) The same transaction clears away those of the user's sessions that have ended by themselves,
    and logs out the one, be it of another user, that the new one takes the place of: both happen, or neither.
    """
    row = LoginSession(user_id=user.id, kind=kind, client=client, address=address)
    async with current_database().session() as session:
        if not await lock_user(session, user):
            return None
        over = current_limits().over(row.created_at)
        await session.execute(delete(LoginSession).where(LoginSession.user_id == user.id, over))
        ended = instead_of is not None and await end_session_in(session, instead_of.user_id, instead_of.id)
        session.add(row)
        await session.commit()
    if instead_of is not None and ended:
        record(Event.LOGGED_OUT, user_id=instead_of.user_id, ended=1)
    return row
