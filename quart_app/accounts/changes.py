"""Changing the password or the address of an account."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from quart_app.database import current_database
from quart_app.models.user import User, email_key
from quart_app.operation.events import Event, record
from quart_app.sessions.confirmation import confirm_session_in, renew_session_in
from quart_app.sessions.ending import end_sessions_in

from .passwords import current_password_hasher
from .users import UserExists


async def change_password(user: User, password: str) -> None:
    """Change the password of a user, end all other logins, and renew the handle of the current one, if any.

    This is one transaction. Afterwards neither the old password nor old cookies log in. The handle of a bearer token
    stays as it is: a program that does not get the answer still has a token, and can renew it by itself.

    Raises:
        SessionEnded: this login has ended or was renewed, or the password was changed, since the password was entered;
            nothing was changed.
    """
    password_hash = await current_password_hasher().hash(password)
    async with current_database().session() as session:
        row = None if user.login_session is None else await confirm_session_in(session, user)
        await session.execute(update(User).where(User.id == user.id).values(password_hash=password_hash))
        ended = await end_sessions_in(session, user.id, except_for=None if row is None else row.id)
        if row is not None and not row.is_bearer:
            await renew_session_in(session, row)
        await session.commit()
    user.password_hash = password_hash
    record(Event.PASSWORD_CHANGED, user_id=user.id, ended=ended)


async def change_email(user: User, email: str) -> None:
    """Change the email address of a user who has just entered the password.

    Raises:
        UserExists: another user has this address.
        SessionEnded: this login has ended, or the password was changed since it was entered; nothing was changed.
    """
    changes = {"email": email, "email_key": email_key(email)}
    try:
        async with current_database().session() as session:
            await confirm_session_in(session, user)
            await session.execute(update(User).where(User.id == user.id).values(changes))
            await session.commit()
    except IntegrityError as error:
        raise UserExists(frozenset({"email"})) from error
    record(Event.EMAIL_CHANGED, user_id=user.id)
