"""Finding and adding users."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from quart_app.application import this_app

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


async def user_by_id(user_id: int) -> User | None:
    """The user with this id."""
    async with this_app.database.session() as session:
        return await session.get(User, user_id)


async def user_by_name(username: str) -> User | None:
    """The user with this name, whatever its case."""
    if not username.isprintable():
        return None  # nobody can have it, and PostgreSQL answers NUL with an error
    async with this_app.database.session() as session:
        return await session.scalar(select(User).where(User.username_key == username_key(username)))


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
    return user


async def authenticate(username: str, password: str) -> User | None:
    """The user with this name and this password, or None without saying which of them is wrong."""
    user = await user_by_name(username)
    if user is None:
        await this_app.passwords.verify(None, password)
        return None
    return user if await user.check_password(password) else None
