"""Finding the user of a handle, for every request of a logged-in user."""

from __future__ import annotations

from sqlalchemy import select

from quart_app import clock
from quart_app.database import KeyQuery, current_database
from quart_app.database.rows import Rows
from quart_app.models.login_session import Kind, LoginSession, hash_handle
from quart_app.models.user import User

from .last_seen import UPDATE_INTERVAL, current_last_seen_updates
from .limits import current_limits

# Built once, because every request of a logged-in user executes it.
_SESSIONS = Rows(LoginSession)
_USERS = Rows(User)
_SESSION_AND_USER = KeyQuery(
    select(*_SESSIONS.columns, *_USERS.columns).join_from(LoginSession, User, User.id == LoginSession.user_id),
    key=LoginSession.__table__.c.handle_hash,
)


async def find_user(handle: object, *, bearer: bool = False) -> User | None:
    """The user whose login session has this handle, by one query; None if there is no such session, or it has expired.

    Arguments:
        handle: from a cookie or a token. A session may hold any JSON value; only a string can be a handle.
        bearer: whether it is from a token. A handle of a token is not valid in a cookie, nor the other way round.
    """
    handle_hash = hash_handle(handle) if isinstance(handle, str) else None
    if handle_hash is None:
        return None
    database, limits = current_database(), current_limits()
    found = await database.load(_SESSION_AND_USER, handle_hash)
    if found is None:
        return None
    width = len(_SESSIONS.columns)
    row, user = _SESSIONS.load(found[:width]), _USERS.load(found[width:])
    now = clock.now()
    if not user.is_active or row.generation != user.session_generation:
        return None
    if (row.kind is Kind.BEARER) is not bearer or limits.is_expired(row, now):
        return None
    row.handle = str(handle)  # which it is, or it would have no hash
    user.login_session = row
    if now - row.last_seen_at >= UPDATE_INTERVAL:
        row.last_seen_at = now
        current_last_seen_updates().add(row.id, now)
    return user
