"""Login sessions as rows: quart_app's ``sessions``, without a loop to yield to."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm.exc import StaleDataError

from quart_app import clock
from quart_app.models.login_session import Kind, LoginSession, hash_handle
from quart_app.models.user import User
from quart_app.sessions.confirmation import SessionEnded
from quart_app.sessions.generations import current_generation
from quart_app.sessions.last_seen import UPDATE_INTERVAL
from quart_app.sessions.limits import Limits
from quart_app.sessions.listing import SessionPage

from .database import db

_SESSION_AND_USER = (
    select(LoginSession, User)
    .join(User, User.id == LoginSession.user_id)
    .where(LoginSession.handle_hash == bindparam("handle_hash"))
)


def create_session(user: User, *, kind: Kind, client: str, address: str) -> LoginSession | None:
    """A login session for a user who has just proved who they are; None if that is not true any more."""
    row = LoginSession(user_id=user.id, kind=kind, client=client, address=address)
    lock = (
        update(User)
        .where(User.id == user.id, User.is_active, User.password_hash == user.password_hash)
        .values(is_active=True)
        .returning(User.id)
    )
    if db.execute(lock).one_or_none() is None:
        db.rollback()
        return None
    db.execute(delete(LoginSession).where(LoginSession.user_id == user.id, limits().expired(row.created_at)))
    db.add(row)
    db.commit()
    return row


def find_user(handle: str) -> User | None:
    """The user whose login session has this handle, by one query; None if there is none, or it is over."""
    handle_hash = hash_handle(handle)
    if handle_hash is None:
        return None
    found = db.execute(_SESSION_AND_USER, {"handle_hash": handle_hash}).one_or_none()
    if found is None:
        return None
    row, user = found
    now = clock.now()
    if not user.is_active or row.is_bearer or limits().is_expired(row, now):
        return None
    row.handle = handle
    user.login_session = row
    if now - row.last_seen_at >= UPDATE_INTERVAL:
        _write_last_seen(row, now)
    return user


def list_sessions(user_id: int, *, limit: int) -> SessionPage:
    """The newest login sessions of a user: the first page, the only one that the comparison asks for."""
    query = (
        select(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.generation == current_generation(user_id))
        .order_by(LoginSession.id.desc())
        .limit(limit + 1)
    )
    now, rows = clock.now(), db.execute(query).scalars().all()
    older = rows[limit - 1].id if len(rows) > limit else None
    return SessionPage([row for row in rows[:limit] if not limits().is_expired(row, now)], None, older)


def end_session(row: LoginSession) -> None:
    """End a login session."""
    db.execute(delete(LoginSession).where(LoginSession.id == row.id))
    db.commit()


def end_other_sessions(row: LoginSession) -> None:
    """End all others of its user; the caller commits."""
    db.execute(delete(LoginSession).where(LoginSession.user_id == row.user_id, LoginSession.id != row.id))


def renew_session(row: LoginSession) -> None:
    """Give a login session a new handle, and its full time, as its user has proved again who they are; then commit.

    Raises:
        SessionEnded: it does not exist any more.
    """
    row.renew_handle()
    row.proved_at = row.last_seen_at = clock.now()
    try:
        db.commit()
    except StaleDataError as error:
        db.rollback()
        raise SessionEnded from error


def limits() -> Limits:
    """The limits in the application's settings."""
    return Limits.of(current_app.extensions["settings"])


def _write_last_seen(row: LoginSession, now: datetime) -> None:
    query = (
        update(LoginSession)
        .where(LoginSession.id == row.id, LoginSession.last_seen_at <= now - UPDATE_INTERVAL)
        .values(last_seen_at=now)
    )
    db.execute(query)
    db.commit()
