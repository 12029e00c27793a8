"""Finding and adding users."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from quart_app import clock
from quart_app.database import current_database
from quart_app.mail.queue import enqueue_in
from quart_app.mail.site import site_url
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User, email_key, username_key
from quart_app.operation.events import Event, record

from .keyed_registrations import Claim, finish_registration_in
from .passwords import set_password

TAKEN = {
    "username": "Please use a different username.",
    "email": "Please use a different email address.",
}
"""The message for a user who chose the username or address of another user."""


class UserExists(Exception):
    """Another user has the username, the email address or both.

    Attributes:
        fields: which of them: a set of "username" and "email".
    """

    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__(f"There is already a user with this {' and '.join(sorted(fields))}; choose another.")
        self.fields = fields


async def user_by_login(name: str) -> User | None:
    """The user with this email address or username, ignoring case.

    An address takes precedence, so that a user cannot lock out another one by taking the address as username. New
    usernames cannot look like an address.
    """
    if not name.isprintable():
        return None  # no user has such a name, and PostgreSQL raises an error for NUL
    address = email_key(name)
    query = select(User).where(or_(User.email_key == address, User.username_key == username_key(name)))
    async with current_database().session() as session:
        users = (await session.execute(query)).scalars().all()
    for user in users:
        if user.email_key == address:
            return user
    return users[0] if users else None


async def taken_fields(*, username: str, email: str) -> frozenset[str]:
    """Which of them are taken: a set of "username" and "email"."""
    name, address = username_key(username), email_key(email)
    keys = select(User.username_key, User.email_key).where(or_(User.username_key == name, User.email_key == address))
    async with current_database().session() as session:
        rows = (await session.execute(keys)).all()
    taken = set()
    for row in rows:
        if row.username_key == name:
            taken.add("username")
        if row.email_key == address:
            taken.add("email")
    return frozenset(taken)


async def add_user(*, username: str, email: str, password: str, claim: Claim | None = None) -> User:
    """Create an account, and queue a mail with a link that confirms its address, in one transaction.

    Arguments:
        username: as entered.
        email: as entered.
        password: not hashed.
        claim: the registration to mark as done in the same transaction.

    Raises:
        UserExists: another user has the username or the address; nothing was created.
    """
    user = User(username=username, email=email)
    await set_password(user, password)
    try:
        await _insert(user, claim)
    except IntegrityError as error:
        if taken := await taken_fields(username=username, email=email):
            raise UserExists(taken) from error
        await _insert(user, claim)  # the other account was deleted meanwhile
    record(Event.REGISTERED, user_id=user.id)
    return user


async def _insert(user: User, claim: Claim | None) -> None:
    async with current_database().session() as session:
        if claim is not None:
            user.created_at = clock.now()
            await finish_registration_in(session, claim, user.created_at)
        session.add(user)
        await session.flush()  # gives it an id
        enqueue_in(session, MailKind.CONFIRM_ADDRESS, user.email, user_id=user.id, root_url=site_url())
        await session.commit()
