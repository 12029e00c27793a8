"""Finding and adding users."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.application import this_app
from quart_app.operation.events import Event, Reason, record
from quart_app.sessions.store import confirm_session_in, end_sessions_in, renew_session_in

from .devices import known_device
from .models import User
from .names import email_key, username_key
from .throttle import TooManyAttempts, attempts_key


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
        await _insert(user)
    except IntegrityError as error:
        if taken := await taken_fields(username=username, email=email):
            raise UserExists(taken) from error
        await _insert(user)  # whoever had it has deleted the account since
    record(Event.REGISTERED, user_id=user.id)
    return user


async def _insert(user: User) -> None:
    async with this_app.database.session() as session:
        session.add(user)
        await session.commit()


async def authenticate(name: str, password: str) -> User | None:
    """The user with this username or email address and this password, or None without saying what is wrong.

    In this order: find the user, count the attempt, compute one hash, whoever that is; forget the failed attempts if
    it is the right one, and replace what was hashed with other parameters than are used today.

    Raises:
        TooManyAttempts: too many others were wrong; nothing was checked.
        PasswordsBusy: too many passwords are being checked; nothing is counted.
    """
    user = await user_by_login(name)
    device = None if user is None else known_device(user.id)
    key = attempts_key("name", username_key(name)) if device is None else attempts_key("device", device)

    async def is_right() -> bool:
        if user is None:
            return await this_app.passwords.verify(None, password)
        return await user.check_password(password) and user.active

    right = await _throttled(key, is_right, user)
    if user is None:
        record(Event.LOGIN_FAILED, reason=Reason.UNKNOWN)
        return None
    if not right:
        record(Event.LOGIN_FAILED, user_id=user.id, reason=_reason_against(user))
        return None
    if user.has_outdated_hash and not await _renew_hash(user, password):
        # Replaced since we looked: by the same password, which logs in at the same time elsewhere, or by another.
        return await authenticate(name, password)
    return user


def _reason_against(user: User) -> Reason:
    if not user.active:
        return Reason.INACTIVE
    return Reason.DAMAGED if user.has_damaged_hash else Reason.WRONG


async def confirm_password(user: User, password: str) -> bool:
    """Whether this is the password of a user who is logged in.

    Each login has a count of its own: who has stolen one cannot keep the owner from changing the password.

    Raises:
        TooManyAttempts: too many others were wrong; nothing was checked.
        PasswordsBusy: too many passwords are being checked; nothing is counted.
    """
    row = user.login_session
    key = attempts_key("user", str(user.id)) if row is None else attempts_key("session", row.handle_hash)
    right = await _throttled(key, lambda: user.check_password(password), user)
    if not right:
        record(Event.REAUTHENTICATION_FAILED, user_id=user.id)
    return right


async def _throttled(key: str, is_right: Callable[[], Awaitable[bool]], user: User | None) -> bool:
    try:
        return await this_app.throttle.check(key, is_right)
    except TooManyAttempts:
        record(Event.THROTTLED, user_id=None if user is None else user.id)
        raise


async def _renew_hash(user: User, password: str) -> bool:
    """Store a new hash of the same password. False if the old one is not there any more; nothing has happened then."""
    old = user.password_hash
    await user.set_password(password)
    query = (
        update(User)
        .where(User.id == user.id, User.password_hash == old)
        .values(password_hash=user.password_hash)
        .returning(User.id)
    )
    async with this_app.database.session() as session:
        renewed = (await session.execute(query)).one_or_none()
        await session.commit()
    return renewed is not None


async def change_password(user: User, password: str) -> None:
    """Change the password of a user, end all their other logins, and renew the handle of the one they use, if any.

    All of it or nothing: with the old password and with old cookies, nobody gets in from then on.

    Raises:
        SessionEnded: this login, or the password that was entered for it, is none any more; nothing has happened.
    """
    password_hash = await this_app.passwords.hash(password)
    async with this_app.database.session() as session:
        row = None if user.login_session is None else await confirm_session_in(session, user)
        await session.execute(update(User).where(User.id == user.id).values(password_hash=password_hash))
        ended = await end_sessions_in(session, user.id, except_for=None if row is None else row.id)
        if row is not None:
            await renew_session_in(session, row)
        await session.commit()
    user.password_hash = password_hash
    record(Event.PASSWORD_CHANGED, user_id=user.id, ended=ended)


async def change_email(user: User, email: str) -> None:
    """Change the email address of a user who has just entered the password.

    Raises:
        UserExists: somebody else has it.
        SessionEnded: this login, or the password that was entered for it, is none any more; nothing has happened.
    """
    changes = {"email": email, "email_key": email_key(email)}
    try:
        async with this_app.database.session() as session:
            await confirm_session_in(session, user)
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
        ended = await _delete_in(session, user_id)
        await session.commit()
    record(Event.ACCOUNT_DELETED, user_id=user_id, ended=ended)


async def delete_own_account(user: User) -> None:
    """Delete the account of a user who has just entered the password; its logins go with it.

    Raises:
        SessionEnded: this login, or the password that was entered for it, is none any more; nothing has happened.
    """
    async with this_app.database.session() as session:
        await confirm_session_in(session, user)
        ended = await _delete_in(session, user.id)
        await session.commit()
    record(Event.ACCOUNT_DELETED, user_id=user.id, ended=ended)


async def _delete_in(session: AsyncSession, user_id: int) -> int:
    ended = await end_sessions_in(session, user_id)
    await session.execute(delete(User).where(User.id == user_id))
    return ended
