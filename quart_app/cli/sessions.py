"""``sessions``: list and end logins, for operators."""

from __future__ import annotations

import click
from sqlalchemy import not_, select

from quart_app import clock
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import ID_MAX, LoginSession
from quart_app.models.user import User
from quart_app.sessions.ending import end_all_sessions, end_session, end_sessions
from quart_app.sessions.limits import current_limits
from quart_app.sessions.sweep import sweep_sessions

from .tables import with_tables
from .user import find_user


@click.group("sessions")
def group() -> None:
    """List, end and clear away logins. NAME is a username or an email address."""


@group.command("list")
@click.argument("name", required=False)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="Show so many at most.")
@with_tables
async def list_(app: Application, name: str | None, limit: int) -> None:
    """List the logins of a user, or of all users, the most recently used first."""
    query = (
        select(LoginSession, User.username)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.generation == User.session_generation, not_(current_limits().expired(clock.now())))
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
        .limit(limit)
    )
    if name is not None:
        query = query.where(LoginSession.user_id == (await find_user(name)).id)
    async with current_database.of(app).session() as session:
        rows = (await session.execute(query)).all()
    for row, username in rows:
        seen = f"{row.last_seen_at:%Y-%m-%d %H:%M}Z"
        click.echo("\t".join([str(row.id), username, row.kind.value, seen, row.address, row.client]))


@group.command()
@click.argument("name", required=False)
@click.option("--id", "session_id", type=click.IntRange(1, ID_MAX), help="End the one with this id.")
@click.option("--all", "everybody", is_flag=True, help="End all logins of all users.")
@with_tables
async def end(app: Application, name: str | None, session_id: int | None, everybody: bool) -> None:
    """End all logins of a user, or one login, or all logins of all users."""
    if (name is not None) + (session_id is not None) + everybody != 1:
        raise click.UsageError("Give NAME, --id or --all, and only one of them.")
    if name is not None:
        ended = await end_sessions((await find_user(name)).id)
    elif session_id is not None:
        async with current_database.of(app).session() as session:
            row = await session.get(LoginSession, session_id)
        if row is None or not await end_session(row.user_id, row.id):
            raise click.ClickException(f"There is no login with the id {session_id}.")
        ended = 1
    else:
        ended = await end_all_sessions()
    click.echo(f"Ended {ended} login{'' if ended == 1 else 's'}.")


@group.command()
@with_tables
async def sweep(_app: Application) -> None:
    """Remove expired logins from the database, as servers do about once an hour."""
    swept = await sweep_sessions()
    click.echo(f"Removed {swept} login{'' if swept == 1 else 's'}.")
