"""Creating, finding and ending login sessions.

To end one is to delete its row: there is no mark that a query could forget to look at, and nothing is kept of
where somebody was logged in. What ends by itself goes at its user's next login, or with the next sweep. Each
function is one transaction, unless it is given one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.accounts.models import User
from quart_app.application import this_app
from quart_app.database import DatabaseUnavailable, LookUp
from quart_app.operation.events import Event, record
from quart_app.rows import Rows

from .handles import hash_handle
from .limits import SEEN_EVERY, current_limits, is_sighting_due
from .models import Kind, LoginSession

# Put together once, as every request of a user runs it.
_SESSIONS = Rows(LoginSession)
_USERS = Rows(User)
_SESSION_AND_USER = LookUp(
    select(*_SESSIONS.columns, *_USERS.columns).join_from(LoginSession, User, User.id == LoginSession.user_id),
    key=LoginSession.__table__.c.handle_hash,
)

_IDS_PER_QUERY = 1000  # drivers take some 32,000 parameters, and the loop has others to serve


class SessionEnded(Exception):
    """The login session was ended, by somebody else, since this request began."""

    def __init__(self) -> None:
        super().__init__("This login session has just been ended; nothing was changed. Log in again.")


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
    async with this_app.database.session() as session:
        if not await _lock_user(session, user):
            return None
        over = current_limits().over(row.created_at)
        await session.execute(delete(LoginSession).where(LoginSession.user_id == user.id, over))
        ended = instead_of is not None and await _end_in(session, instead_of.user_id, instead_of.id)
        session.add(row)
        await session.commit()
    if instead_of is not None and ended:
        record(Event.LOGGED_OUT, user_id=instead_of.user_id, ended=1)
    return row


async def find_user(handle: str, *, bearer: bool = False) -> User | None:
    """The user whose login session has this handle, by one query; None if there is none, or it is over.

    Arguments:
        handle: as it was in a cookie or a token.
        bearer: whether it was a token. The one is never good for the other.
    """
    handle_hash = hash_handle(handle)
    if handle_hash is None:
        return None
    found = await this_app.database.look_up(_SESSION_AND_USER, handle_hash)
    if found is None:
        return None
    width = len(_SESSIONS.columns)
    row, user = _SESSIONS.load(found[:width]), _USERS.load(found[width:])
    now = clock.now()
    if not user.active or row.is_bearer is not bearer or current_limits().is_over(row, now):
        return None
    row.handle = handle
    user.login_session = row
    if is_sighting_due(row, now):
        row.last_seen_at = now
        this_app.add_background_task(write_sighting, row.id, now)
    return user


async def list_sessions(user_id: int) -> Sequence[LoginSession]:
    """The login sessions of a user that are not over, the one used last first."""
    query = (
        select(LoginSession)
        .where(LoginSession.user_id == user_id)
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    )
    async with this_app.database.session() as session:
        rows = (await session.execute(query)).scalars().all()
    now, limits = clock.now(), current_limits()
    return [row for row in rows if not limits.is_over(row, now)]


async def living_sessions(session_ids: Collection[int]) -> set[tuple[int, int]]:
    """Those of these login sessions that still log their users in, each with its user; asking is no use of them."""
    query = (
        select(LoginSession.id, LoginSession.user_id)
        .join(User, User.id == LoginSession.user_id)
        .where(User.active, not_(current_limits().over(clock.now())))
    )
    ids = sorted(session_ids)
    living: set[tuple[int, int]] = set()
    async with this_app.database.session() as session:
        for start in range(0, len(ids), _IDS_PER_QUERY):
            chunk = ids[start : start + _IDS_PER_QUERY]
            rows = await session.execute(query.where(LoginSession.id.in_(chunk)))
            living.update((row.id, row.user_id) for row in rows)
    return living


async def end_session(user_id: int, session_id: int, event: Event = Event.SESSION_ENDED) -> bool:
    """End one login session of this user, by logging out or in another way; False if the user has no such session."""
    async with this_app.database.session() as session:
        ended = await _end_in(session, user_id, session_id)
        await session.commit()
    if ended:
        record(event, user_id=user_id, ended=1)
    return ended


async def _end_in(session: AsyncSession, user_id: int, session_id: int) -> bool:
    query = (
        delete(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.user_id == user_id)
        .returning(LoginSession.id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def end_sessions(user_id: int, *, except_for: int | None = None) -> int:
    """End all login sessions of this user, or all others; return how many these were."""
    async with this_app.database.session() as session:
        ended = await end_sessions_in(session, user_id, except_for=except_for)
        await session.commit()
    if ended:
        record(Event.SESSIONS_ENDED, user_id=user_id, ended=ended)
    return ended


async def end_all_sessions() -> int:
    """End the login sessions of all users; return how many these were."""
    async with this_app.database.session() as session:
        ended = await session.scalar(select(func.count(LoginSession.id))) or 0
        await session.execute(delete(LoginSession))
        await session.commit()
    if ended:
        record(Event.SESSIONS_ENDED, ended=ended)
    return ended


async def end_sessions_in(session: AsyncSession, user_id: int, *, except_for: int | None = None) -> int:
    """As :func:`end_sessions`, in a transaction of the caller's."""
    query = delete(LoginSession).where(LoginSession.user_id == user_id)
    if except_for is not None:
        query = query.where(LoginSession.id != except_for)
    return len((await session.execute(query.returning(LoginSession.id))).all())


async def renew_session(user: User) -> None:
    """Give the login session of a user a new handle, and its full time, as they have just proved again who they are.

    Raises:
        SessionEnded: see :func:`confirm_session_in`.
    """
    async with this_app.database.session() as session:
        row = await confirm_session_in(session, user)
        await renew_session_in(session, row)
        await session.commit()


async def confirm_session_in(session: AsyncSession, user: User) -> LoginSession:
    """The login session of a user who has just proved who they are, if that still counts.

    The user was loaded when the request began, and how long its body takes is up to who sends it. So whatever the
    password was entered for begins with this, in the same transaction: who has changed the password meanwhile, to
    lock out somebody who knows the old one, has locked them out. The lock on the user's row is the one that
    :func:`create_session` takes. Another confirmation by the same login is no reason to refuse this one.

    Raises:
        SessionEnded: the login has ended, the password has been changed, or the account may not be used any more.
    """
    row = user.login_session
    if row is None or not await _lock_user(session, user):
        raise SessionEnded
    if (await session.execute(select(LoginSession.id).where(_is_the_same(row)))).one_or_none() is None:
        raise SessionEnded
    return row


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


async def _lock_user(session: AsyncSession, user: User) -> bool:
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


async def write_sighting(session_id: int, seen_at: datetime) -> None:
    """Write down that a login session was in use at a moment, unless one of that minute or later is there.

    Called in the background, as no answer should wait, or fail, for this.
    """
    query = (
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.last_seen_at <= seen_at - SEEN_EVERY)
        .values(last_seen_at=seen_at)
    )
    try:
        async with this_app.database.session() as session:
            await session.execute(query)
            await session.commit()
    except DatabaseUnavailable as error:
        this_app.logger.warning("Could not write down that a login session is in use: %s", error.__cause__)
