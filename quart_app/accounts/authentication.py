"""Checking passwords: at login, and when a user who is logged in has to enter it again."""

from __future__ import annotations

from sqlalchemy import update

from quart_app.database import current_database
from quart_app.errors.problems import LimitReached
from quart_app.models.user import User, username_key
from quart_app.operation.events import Event, Reason, record

from .devices import known_device
from .passwords import (
    PasswordsBusy,
    check_password,
    current_password_hasher,
    foreign_scheme,
    has_damaged_hash,
    set_password,
)
from .throttle import attempts_key, current_throttle
from .users import user_by_login


async def authenticate(name: str, password: str) -> User | None:
    """The user with this username or email address and this password, or None, without telling which of them is wrong.

    In this order: find the user; count the attempt; compute one hash, whether the user exists or not; delete the count
    of failed attempts if the password is right; replace a hash that was made with other parameters than the current,
    or by another library. If there is no time for that now, a later login replaces it.

    Raises:
        TooManyAttempts: too many attempts have failed; the password was not checked.
        TooManyAtOnce: too many wait to be checked; nothing is counted.
        PasswordsBusy: too many passwords are being checked; nothing is counted.
    """
    user = await user_by_login(name)
    throttle, hasher = current_throttle(), current_password_hasher()
    device = None if user is None else known_device(user)
    key = attempts_key("name", username_key(name)) if device is None else attempts_key("device", device)

    try:
        async with throttle.attempt(key) as attempt:
            is_right = await check_password(user, password)
            if is_right and user is not None and user.is_active:
                attempt.succeed()
    except LimitReached as error:
        record(Event.THROTTLED, user_id=None if user is None else user.id, limit=error.kind.name)
        raise

    if user is None:
        record(Event.LOGIN_FAILED, reason=Reason.UNKNOWN)
        return None
    if not attempt.has_succeeded:
        reason, scheme = _failure_reason(user, password), foreign_scheme(user)
        record(Event.LOGIN_FAILED, user_id=user.id, reason=reason, scheme=scheme)
        return None
    if hasher.is_outdated(user.password_hash) and not await _replace_hash(user, password):
        # The hash was replaced since it was read: by a concurrent login, or because the password was changed.
        return await authenticate(name, password)
    return user


def _failure_reason(user: User, password: str) -> Reason:
    if not user.is_active:
        return Reason.INACTIVE
    if current_password_hasher().refuses(password):
        return Reason.PUBLISHED
    return Reason.DAMAGED if has_damaged_hash(user) else Reason.WRONG


async def confirm_password(user: User, password: str) -> bool:
    """Whether this is the password of a user who is logged in.

    Each login has a count of its own, so an attacker with a stolen login cannot block the owner's password change. A
    renewed token goes on with the count of the login.

    Raises:
        TooManyAttempts: too many attempts have failed; the password was not checked.
        TooManyAtOnce: too many wait to be checked; nothing is counted.
        PasswordsBusy: too many passwords are being checked; nothing is counted.
    """
    row = user.login_session
    key = attempts_key("user", str(user.id)) if row is None else attempts_key("session", row.public_id.hex)
    try:
        async with current_throttle().attempt(key) as attempt:
            if await check_password(user, password):
                attempt.succeed()
    except LimitReached as error:
        record(Event.THROTTLED, user_id=user.id, limit=error.kind.name)
        raise
    if not attempt.has_succeeded:
        record(Event.REAUTHENTICATION_FAILED, user_id=user.id)
    return attempt.has_succeeded


async def _replace_hash(user: User, password: str) -> bool:
    """Store a new hash of the same password. False, and nothing is stored, if the old hash was replaced meanwhile.

    While too many passwords are being checked the old hash stays: the password was right, so the login goes on.
    """
    old = user.password_hash
    try:
        await set_password(user, password)
    except PasswordsBusy:
        return True
    query = (
        update(User)
        .where(User.id == user.id, User.password_hash == old)
        .values(password_hash=user.password_hash)
        .returning(User.id)
    )
    async with current_database().session() as session:
        renewed = (await session.execute(query)).one_or_none()
        await session.commit()
    return renewed is not None
