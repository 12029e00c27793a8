"""Many logins of one user, as there may be in a database from before there was a cap."""

from __future__ import annotations

from datetime import timedelta

from quart import Quart
from sqlalchemy import insert, select

from quart_app import clock as app_clock
from quart_app.database import current_database
from quart_app.models.login_session import Kind, LoginSession, new_handle

MINUTE = timedelta(minutes=1)
_ROWS_PER_INSERT = 500  # within the statement timeout on a busy machine


async def ids(app: Quart, user_id: int = 1) -> list[int]:
    """The ids of all rows of a user."""
    query = select(LoginSession.id).where(LoginSession.user_id == user_id).order_by(LoginSession.id)
    async with current_database.of(app).session() as session:
        return list(await session.scalars(query))


async def public_ids(app: Quart, user_id: int = 1) -> list[str]:
    """The public ids of all rows of a user, the oldest first."""
    query = select(LoginSession.public_id).where(LoginSession.user_id == user_id).order_by(LoginSession.id)
    async with current_database.of(app).session() as session:
        return [str(public_id) for public_id in await session.scalars(query)]


async def add_logins(app: Quart, count: int, *, user_id: int = 1, age: timedelta = MINUTE) -> None:
    """Insert so many logins, as they were made before there was a cap; the later ones were used later."""
    now = app_clock.now()
    rows = [
        {
            "user_id": user_id,
            "handle_hash": new_handle(),
            "kind": Kind.REMEMBERED,
            "client": "curl",
            "address": "192.0.2.7",
            "created_at": now - age,
            "proved_at": now - age,
            "last_seen_at": now - age - timedelta(seconds=count - number),
        }
        for number in range(count)
    ]
    for start in range(0, count, _ROWS_PER_INSERT):
        async with current_database.of(app).session() as session:
            await session.execute(insert(LoginSession), rows[start : start + _ROWS_PER_INSERT])
            await session.commit()
