"""Starting login sessions."""

from __future__ import annotations

from quart import current_app

from quart_app.database import current_database
from quart_app.models.login_session import Kind, LoginSession
from quart_app.models.user import User
from quart_app.operation.events import Event, record

from .cap import make_room_in
from .confirmation import lock_user
from .ending import end_session_in
from .generations import current_generation, delete_past_generations


async def create_session(
    user: User, *, kind: Kind, client: str, address: str, instead_of: LoginSession | None = None
) -> LoginSession | None:
    """A new login session for a user whose password was just checked; None if the check is outdated.

    The password may have been changed, or the account closed or deleted, during the check. Such a change ends all
    existing sessions and must not miss the new one, so both lock the user's row first: the second one waits, and sees
    the changes of the first. (An UPDATE takes the lock, because a SELECT locks nothing in SQLite.) The same transaction
    ends the session that the new one replaces, even one of another user, and makes room for the new one: see ``cap``.
    """
    row = LoginSession(user_id=user.id, kind=kind, client=client, address=address)
    async with current_database().session() as session:
        if not await lock_user(session, user):
            return None
        ended = instead_of is not None and await end_session_in(session, instead_of.user_id, instead_of.id)
        room = await make_room_in(session, user.id, row.created_at)
        row.generation = current_generation(user.id)  # an expression of SQL, because the user's row may have changed
        session.add(row)
        await session.commit()
    if instead_of is not None and ended:
        record(Event.LOGGED_OUT, user_id=instead_of.user_id, ended=1)
    if room.ended:
        record(Event.SESSIONS_ENDED, user_id=user.id, ended=room.ended)
    if room.is_rest_left:
        current_app.add_background_task(delete_past_generations, user.id)
    return row
