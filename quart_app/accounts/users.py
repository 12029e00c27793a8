"""Finding and adding users."""

from __future__ import annotations

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from quart_app.application import this_app
from quart_app.operation.events import Event, Reason, record
from quart_app.sessions.store import end_sessions_in, renew_session_in

from .models import User
from .names import email_key, username_key


class UserExists(Exception):
    """The username, the email address or both belong to somebody already.

    Attributes:
        fields: which: a set of "username" and "email".
    """

    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__(f"There is a user with this {' and '.join(sorted(fields))} already; choose another.")
        self.fields = fields


async def user_by_login(name: str) -> User | None:
    """The user who is called by this at login: by the email address or the username, whatever its case.

    An address goes first, so that nobody keeps another user out by taking the address for a username; new
    usernames cannot look like one.
    """
    if not name.isprintable():
        return None  # nobody can have it, and PostgreSQL answers NUL with an error
    address = email_key(name)
    query = select(User).where(or_(User.email_key == address, User.username_key == username_key(name)))
    async with this_app.database.session() as session:
        users = (await session.execute(query)).scalars().all()
    return max(users, key=lambda user: user.email_key == address, default=None)


async def taken_fields(*, username: str, email: str) -> frozenset[str]:
    """Which of them somebody has already: a set of "username" and "email"."""
    name, address = username_key(username), email_key(email)
    keys = select(User.username_key, User.email_key).where(or_(User.username_key == name, User.email_key == address))
    async with this_app.database.session() as session:
        rows = (await session.execute(keys)).all()
    taken = set()
    for row in rows:
        if row.username_key == name:
            taken.add("username")
        if row.email_key == address:
            taken.add("email")
    return frozenset(taken)


async def add_user(*, username: str, email: str, password: str) -> User:
    """Create an account, or nothing at all.

    Raises:
        UserExists: somebody has the name or the address, perhaps only since a moment ago.
    """
    user = User(username=username, email=email)
    await user.set_password(password)
    try:
        async with this_app.database.session() as session:
            session.add(user)
            await session.commit()
    except IntegrityError as error:
        raise UserExists(await taken_fields(username=username, email=email)) from error
    record(Event.REGISTERED, user_id=user.id)
    return user


async def authenticate(name: str, password: str) -> User | None:
    """The user with this username or email address and this password, or None without saying what is wrong."""
    user = await user_by_login(name)
    if user is None:
        await this_app.passwords.verify(None, password)
        record(Event.LOGIN_FAILED, reason=Reason.UNKNOWN)
        return None
    if not await user.check_password(password):
        record(Event.LOGIN_FAILED, user_id=user.id, reason=Reason.WRONG)
        return None
    return user


async def confirm_password(user: User, password: str) -> bool:
    """Whether this is the password of a user who is logged in."""
    if await user.check_password(password):
        return True
    record(Event.REAUTHENTICATION_FAILED, user_id=user.id)
    return False


async def change_password(user: User, password: str) -> None:
    """Change the password of a user, end all their other logins, and renew the handle of the one they use, if any.

    All of it or nothing: with the old password and with old cookies, nobody gets in from then on.

    Raises:
        SessionEnded: this login has been ended in the meantime; the password is as it was.
    """
    await user.set_password(password)
    row = user.login_session
    async with this_app.database.session() as session:
        await session.execute(update(User).where(User.id == user.id).values(password_hash=user.password_hash))
        ended = await end_sessions_in(session, user.id, except_for=None if row is None else row.id)
        if row is not None:
            await renew_session_in(session, row)
        await session.commit()
    record(Event.PASSWORD_CHANGED, user_id=user.id, ended=ended)


async def change_email(user: User, email: str) -> None:
    """Change the email address of a user.

    Raises:
        UserExists: somebody else has it.
    """
    changes = {"email": email, "email_key": email_key(email)}
    try:
        async with this_app.database.session() as session:
            await session.execute(update(User).where(User.id == user.id).values(changes))
            await session.commit()
    except IntegrityError as error:
        raise UserExists(frozenset({"email"})) from error
    record(Event.EMAIL_CHANGED, user_id=user.id)


async def deactivate_user(user_id: int) -> None:
    """Close an account for use, and end all its logins."""
    async with this_app.database.session() as session:
        await session.execute(update(User).where(User.id == user_id).values(active=False))
        ended = await end_sessions_in(session, user_id)
        await session.commit()
    record(Event.ACCOUNT_DEACTIVATED, user_id=user_id, ended=ended)


async def activate_user(user_id: int) -> None:
    """Open an account again."""
    async with this_app.database.session() as session:
        await session.execute(update(User).where(User.id == user_id).values(active=True))
        await session.commit()
    record(Event.ACCOUNT_ACTIVATED, user_id=user_id)


async def delete_user(user_id: int) -> None:
    """Delete an account; its logins go with it."""
    async with this_app.database.session() as session:
        ended = await end_sessions_in(session, user_id)
        await session.execute(delete(User).where(User.id == user_id))
        await session.commit()
    record(Event.ACCOUNT_DELETED, user_id=user_id, ended=ended)
