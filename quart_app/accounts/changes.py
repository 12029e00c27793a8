"""Changing the password of an account."""

from __future__ import annotations

from sqlalchemy import update

from quart_app.database import current_database
from quart_app.mail.queue import enqueue_in
from quart_app.mail.site import site_url
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User
from quart_app.operation.events import Event, record
from quart_app.sessions.confirmation import confirm_session_in, renew_session_in
from quart_app.sessions.ending import end_sessions_in

from .mail_tokens import end_tokens_in
from .passwords import current_password_hasher


async def change_password(user: User, password: str) -> None:
    """Change the password of a user, end all other logins, and renew the handle of the current one, if any.

    This is one transaction, which also ends all links in mails to the user, and queues a notice. Afterwards neither the
    old password nor old cookies log in. The handle of a bearer token stays as it is: a program that does not get the
    answer still has a token, and can renew it by itself.

    Raises:
        SessionEnded: this login has ended or was renewed, or the password was changed, since the password was entered;
            nothing was changed.
    """
    password_hash = await current_password_hasher().hash(password)
    async with current_database().session() as session:
        row = None if user.login_session is None else await confirm_session_in(session, user)
        change = update(User).where(User.id == user.id).values(password_hash=password_hash)
        email = (await session.execute(change.returning(User.email))).scalar_one()  # that of now: user is from before
        ended = await end_sessions_in(session, user.id, except_for=None if row is None else row.id)
        if row is not None and not row.is_bearer:
            await renew_session_in(session, row)
        await end_tokens_in(session, user.id)
        enqueue_in(session, MailKind.PASSWORD_CHANGED, email, root_url=site_url())
        await session.commit()
    user.password_hash = password_hash
    record(Event.PASSWORD_CHANGED, user_id=user.id, ended=ended)
