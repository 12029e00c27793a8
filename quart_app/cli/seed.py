"""``seed``: add many users, for load tests."""

from __future__ import annotations

import click
from werkzeug.security import generate_password_hash

from quart_app import clock
from quart_app.accounts.password_rules import TEST_PASSWORD
from quart_app.application import Application
from quart_app.database import current_database, insert_into
from quart_app.migrations.production_use import is_used_in_production
from quart_app.models.user import User, email_key, username_key

from .tables import with_tables
from .user import password_stdin, read_password

#: A cheap hash, the same for all users: so 100,000 test users are added in seconds.
_CHEAP_METHOD = "pbkdf2:sha256:1"
#: Users in one transaction: all of them would exceed the timeout of a database session.
_BATCH = 5_000


@click.command("seed")
@click.option("--users", required=True, type=click.IntRange(1, 10_000_000), help="How many: user1, user2, ...")
@password_stdin
@with_tables
async def command(app: Application, users: int, password_stdin: bool) -> None:
    """Add test users up to userN; refused in production, and for a database that is used in production.

    The password of all of them is "a password for load tests", unless --password-stdin gives another one.
    """
    # Not the variable: in an operator's shell it may be missing. A command in production marks the database itself.
    if await is_used_in_production(current_database.of(app)):
        raise click.ClickException(
            "This database is used in production, and test users share one password with a weak hash, so they are not "
            "allowed in production. Set DATABASE_URL to a database of your own."
        )
    password = read_password(username="user", email="", from_stdin=True) if password_stdin else TEST_PASSWORD
    password_hash = generate_password_hash(password, _CHEAP_METHOD)
    same = {"password_hash": password_hash, "is_active": True, "created_at": clock.now()}
    added = 0
    for first in range(1, users + 1, _BATCH):
        last = min(first + _BATCH - 1, users)
        rows = [{**_names(f"user{number}"), **same} for number in range(first, last + 1)]
        database = current_database.of(app)
        async with database.session() as session:
            query = insert_into(User, database).on_conflict_do_nothing().returning(User.id)
            added += len((await session.execute(query, rows)).all())
            await session.commit()
    click.echo(f"Added {added} users; {users - added} existed already.")


def _names(name: str) -> dict[str, str]:
    email = f"{name}@example.com"
    return {"username": name, "username_key": username_key(name), "email": email, "email_key": email_key(email)}
