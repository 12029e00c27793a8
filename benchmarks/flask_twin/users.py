"""Finding, adding and checking users: quart_app's ``users`` and ``authentication``, hashing in the request's thread."""

from __future__ import annotations

from contextlib import suppress

from flask import current_app
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from quart_app.accounts.users import UserExists
from quart_app.models.user import User, email_key, username_key

from .database import db


def user_by_login(name: str) -> User | None:
    """The user who is called by this at login: by the email address or the username, whatever its case."""
    if not name.isprintable():
        return None
    address = email_key(name)
    query = select(User).where(or_(User.email_key == address, User.username_key == username_key(name)))
    users = db.execute(query).scalars().all()
    return max(users, key=lambda user: user.email_key == address, default=None)


def taken_fields(*, username: str, email: str) -> frozenset[str]:
    """Which of them another account has already: a set of "username" and "email"."""
    name, address = username_key(username), email_key(email)
    keys = select(User.username_key, User.email_key).where(or_(User.username_key == name, User.email_key == address))
    rows = db.execute(keys).all()
    taken = {"username" for row in rows if row.username_key == name}
    return frozenset(taken | {"email" for row in rows if row.email_key == address})


def add_user(*, username: str, email: str, password: str) -> None:
    """Create an account, or nothing at all.

    Raises:
        UserExists: another account has the name or the address, perhaps since a moment ago.
    """
    user = User(username=username, email=email)
    user.password_hash = hash_password(password)
    db.add(user)
    try:
        db.commit()
    except IntegrityError as error:
        db.rollback()
        raise UserExists(taken_fields(username=username, email=email)) from error


def authenticate(name: str, password: str) -> User | None:
    """The user with this username or email address and this password, or None without saying what is wrong."""
    user = user_by_login(name)
    is_right = check_password(None if user is None else user.password_hash, password)
    return user if is_right else None


def check_password(stored: str | None, password: str) -> bool:
    """Whether it is this password; one hash is computed in any case."""
    if stored is not None and stored.isascii() and stored.count("$") >= 2:
        with suppress(ValueError, OverflowError):
            return check_password_hash(stored, password)
    hash_password(password)
    return False


def hash_password(password: str) -> str:
    """The text to store for this password."""
    return generate_password_hash(password, current_app.extensions["settings"].password_method)
