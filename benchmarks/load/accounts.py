"""Test accounts in bulk, and login sessions for them, straight into the database of the application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from quart_app import clock
from quart_app.accounts.password_rules import TEST_PASSWORD
from quart_app.models.login_session import Kind, LoginSession, hash_handle, new_handle
from quart_app.models.user import User, email_key, username_key

PASSWORD = TEST_PASSWORD
_BATCH = 5_000


def account_name(number: int) -> str:
    """The username of a test account, counted from 1."""
    return f"user{number}"


def add_accounts(engine: Engine, count: int, password_hash: str) -> None:
    """Add what ``quart --app quart_app seed`` adds, with a hash of one's choice: ``user1``, ``user2`` and so on."""
    with engine.begin() as connection:
        for first in range(1, count + 1, _BATCH):
            numbers = range(first, min(first + _BATCH, count + 1))
            connection.execute(insert(User), [_account(number, password_hash) for number in numbers])


def add_logins(engine: Engine, count: int, *, client: str, address: str, remembered: bool) -> list[str]:
    """Log in the first *count* accounts, as if they had just entered the password; gives the handles.

    Raises:
        LookupError: there are fewer accounts.
    """
    with engine.begin() as connection:
        return list(_logins(connection, count, client=client, address=address, remembered=remembered))


def _logins(connection: Connection, count: int, *, client: str, address: str, remembered: bool) -> Iterator[str]:
    users = connection.execute(select(User.id).order_by(User.id).limit(count)).scalars().all()
    if len(users) < count:
        raise LookupError(f"{count} logins were asked for, and there are only {len(users)} accounts: seed some first.")
    now = clock.now()
    for first in range(0, count, _BATCH):
        some = users[first : first + _BATCH]
        handles = [new_handle() for _ in some]
        rows: list[dict[str, Any]] = [
            {
                "user_id": user_id,
                "handle_hash": hash_handle(handle),
                "kind": Kind.REMEMBERED if remembered else Kind.SESSION,
                "client": client,
                "address": address,
                "created_at": now,
                "proved_at": now,
                "last_seen_at": now,
            }
            for user_id, handle in zip(some, handles, strict=True)
        ]
        connection.execute(insert(LoginSession), rows)
        yield from handles


def _account(number: int, password_hash: str) -> dict[str, Any]:
    name = account_name(number)
    email = f"{name}@example.com"
    return {
        "username": name,
        "username_key": username_key(name),
        "email": email,
        "email_key": email_key(email),
        "password_hash": password_hash,
        "is_active": True,
        "created_at": clock.now(),
    }
