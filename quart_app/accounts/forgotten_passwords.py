"""A forgotten password: a link by mail, and a new password by that link (OWASP, Forgot Password Cheat Sheet).

Asking for a link executes the same two statements and gets the same answer for every address. Whether an account has it
is looked up when the mail is sent, at a random moment within three seconds: sending takes time only where there is an
account, and at a fixed moment the next request to this worker would show that. Using the link logs nobody in.
"""

from __future__ import annotations

from datetime import timedelta
from random import random

from sqlalchemy import delete, func, update

from quart_app import clock
from quart_app.database import current_database
from quart_app.mail.queue import enqueue_in
from quart_app.mail.site import site_url
from quart_app.models.login_session import LoginSession
from quart_app.models.mail_token import TokenPurpose
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User, username_key
from quart_app.operation.events import Event, record
from quart_app.sessions.confirmation import is_the_same
from quart_app.sessions.ending import end_sessions_in

from .attempts import forget_attempts_in
from .mail_limit import current_mail_limit
from .mail_tokens import TokenOwner, end_tokens_in, find_token, use_token_in
from .passwords import current_password_hasher
from .throttle import attempts_key

_LONGEST_DELAY = timedelta(seconds=3)  # of a mail, which people wait for

_NOBODY = ""
"""An address that no account has."""


async def request_new_password(email: str, *, next_url: str | None = None) -> None:
    """Have a link to set a new password sent to the user with this address, if there is one.

    Above the limit of mails nothing is sent. Then a mail to nobody is queued, which takes as long.

    Arguments:
        email: as entered.
        next_url: the page of this site to which the user wants to go afterwards.
    """
    is_allowed = await current_mail_limit().allows_reset(email)
    async with current_database().session() as session:
        address = email if is_allowed else _NOBODY
        delay = _LONGEST_DELAY * random()  # noqa: S311 - hides a moment, and is not a secret itself
        enqueue_in(session, MailKind.SET_PASSWORD, address, next_url=next_url, root_url=site_url(), delay=delay)
        await session.commit()
    if is_allowed:
        record(Event.PASSWORD_RESET_REQUESTED)


async def find_new_password_owner(token: str) -> TokenOwner | None:
    """The user who may set a new password by this token; None if it is invalid, expired or used. Nothing is used up."""
    return await find_token(token, TokenPurpose.SET_PASSWORD)


async def set_new_password(token: str, password: str, *, here: LoginSession | None = None) -> bool:
    """Set the password of the user to whom this token was sent, in one transaction, and log nobody in.

    It also uses up the token, ends all logins and all other tokens of the user, confirms the address, because the mail
    has arrived there, forgets the failed attempts to log in with its names, and queues a notice.

    Arguments:
        token: from the link.
        password: not hashed; the rules for new passwords are checked before.
        here: the login of the browser that sends it, whoever's it is. It ends, too.

    Returns:
        False, and nothing was changed, if the token is invalid, expired or used.

    Raises:
        PasswordsBusy: nothing was hashed or changed.
    """
    password_hash = await current_password_hasher().hash(password)
    async with current_database().session() as session:
        owner = await use_token_in(session, token, TokenPurpose.SET_PASSWORD)
        if owner is None:
            return False
        user = owner.user
        change = update(User).where(User.id == user.id)
        confirmed_at = func.coalesce(User.email_confirmed_at, clock.now())
        await session.execute(change.values(password_hash=password_hash, email_confirmed_at=confirmed_at))
        ended = await end_sessions_in(session, user.id)
        if here is not None and here.user_id != user.id:
            await session.execute(delete(LoginSession).where(is_the_same(here)))
        await end_tokens_in(session, user.id)
        await forget_attempts_in(
            session, [attempts_key("name", username_key(name)) for name in (user.username, user.email)]
        )
        enqueue_in(session, MailKind.PASSWORD_CHANGED, user.email, root_url=site_url())
        await session.commit()
    record(Event.PASSWORD_RESET, user_id=user.id, ended=ended)
    if here is not None and here.user_id != user.id:
        record(Event.LOGGED_OUT, user_id=here.user_id, ended=1)
    return True
