"""Whose password it is: at login, and when a user who is logged in is to enter it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import update

from quart_app.application import this_app
from quart_app.models.names import username_key
from quart_app.models.user import User
from quart_app.operation.events import Event, Reason, record

from .devices import known_device
from .throttle import TooManyAttempts, attempts_key
from .users import user_by_login


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
