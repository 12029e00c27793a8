"""``seed``: many users at once, for load tests."""

from __future__ import annotations

import click
from sqlalchemy import insert, select
from werkzeug.security import generate_password_hash

from quart_app import clock
from quart_app.accounts.models import User
from quart_app.accounts.names import email_key, username_key
from quart_app.application import Application

from .tables import with_tables
from .user import password_stdin, read_password

PASSWORD = "a password for load tests"  # noqa: S105 - of accounts that are nobody's
#: Costs nothing, and is the same for all: to seed 100,000 users, none of them real, is a matter of seconds.
_METHOD = "pbkdf2:sha256:1"
_AT_ONCE = 5_000


@click.command("seed")
@click.option("--users", required=True, type=click.IntRange(1, 10_000_000), help="How many: user1, user2, ...")
@password_stdin
@with_tables
async def command(app: Application, users: int, password_stdin: bool) -> None:
    """Add test users up to userN, whose password is "a password for load tests"; refused in production."""
    if app.settings.production:
        raise click.ClickException("Test users all have one password, hashed cheaply: not in production.")
    password = read_password(username="user", email="", from_stdin=True) if password_stdin else PASSWORD
    password_hash = generate_password_hash(password, _METHOD)
    now, added = clock.now(), 0
    async with app.database.session() as session:
        there = set((await session.scalars(select(User.username_key).where(User.username_key.like("user%")))).all())
        for first in range(1, users + 1, _AT_ONCE):
            rows = [
                {
                    "username": name,
                    "username_key": username_key(name),
                    "email": f"{name}@example.com",
                    "email_key": email_key(f"{name}@example.com"),
                    "password_hash": password_hash,
                    "active": True,
                    "created_at": now,
                }
                for name in (f"user{number}" for number in range(first, min(first + _AT_ONCE, users + 1)))
                if name not in there
            ]
            if rows:
                await session.execute(insert(User), rows)
                added += len(rows)
        await session.commit()
    click.echo(f"Added {added} users; {users - added} were there already.")
