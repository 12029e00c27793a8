"""Removing the rows of login sessions that are over by time: of those, too, whose users never come back.

Every worker does it now and then. None waits for another one, or lets a user wait: what somebody else is at work on is
left to them, and all is done in small batches.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.models.login_session import Kind, LoginSession

from .limits import current_limits

_EVERY = 3600.0  # seconds from one sweep of a worker to its next, more or less
_BATCH = 1000  # rows that are looked at, and removed, in one transaction
_PAUSE = 0.05  # seconds after a batch, for whoever waits to write

_position = tuple_(LoginSession.proved_at, LoginSession.id)


async def sweep_sessions(stop: asyncio.Event | None = None) -> int:
    """Remove all login sessions that are over by time; return how many these were.

    Arguments:
        stop: is set when the rest is to be left for another time.

    Raises:
        DatabaseUnavailable: it does not answer. What has been removed until then stays so.
    """
    now = clock.now()
    return sum([await _sweep_kind(kind, now, stop or asyncio.Event()) for kind in Kind])


async def _sweep_kind(kind: Kind, now: datetime, stop: asyncio.Event) -> int:
    swept = 0
    query = _oldest(kind, now)
    while not stop.is_set():
        async with current_database().session() as session:
            rows = (await session.execute(query)).all()
            swept += await _delete_in(session, [row.id for row in rows if row.is_over], now)
            await session.commit()
        if len(rows) < _BATCH:
            break
        query = _oldest(kind, now, after=rows[-1])
        await asyncio.sleep(_PAUSE)
    return swept


def _oldest(kind: Kind, now: datetime, *, after: Row[datetime, int, bool] | None = None) -> Select[datetime, int, bool]:
    """A batch of those that may be over, in the order of the index.

    There is no index on ``last_seen_at``, since each sighting would have to change it. But whoever has not been seen
    for a while has not entered the password meanwhile either, so few are looked at that are not over.
    """
    limits = current_limits()
    query = (
        select(LoginSession.proved_at, LoginSession.id, limits.over(now).label("is_over"))
        .where(LoginSession.kind == kind, LoginSession.proved_at < now - limits.shortest(kind))
        .order_by(LoginSession.proved_at, LoginSession.id)
        .limit(_BATCH)
    )
    return query if after is None else query.where(_position > (after.proved_at, after.id))


async def _delete_in(session: AsyncSession, ids: Sequence[int], now: datetime) -> int:
    if not ids:
        return 0  # and no lock is taken, of which SQLite has only one
    over = (
        select(LoginSession.id)
        .where(LoginSession.id.in_(ids), current_limits().over(now))
        .with_for_update(skip_locked=True)  # for PostgreSQL
        .cte()
    )
    query = delete(LoginSession).where(LoginSession.id.in_(select(over.c.id))).returning(LoginSession.id)
    return len((await session.execute(query)).all())


def init_app(app: Application) -> None:
    """Sweep for as long as the application is served, and then finish the batch that is under way."""

    @app.while_serving
    async def sweep() -> AsyncGenerator[None, None]:
        stop = asyncio.Event()
        sweeping = asyncio.create_task(_sweep_now_and_then(app, stop))
        yield
        stop.set()
        await sweeping


async def _sweep_now_and_then(app: Application, stop: asyncio.Event) -> None:
    """First after a while: a server that starts has enough to do."""
    while not await _is_set_within(_EVERY * random.uniform(0.5, 1.5), stop):  # noqa: S311 - so workers drift apart
        async with app.app_context():
            try:
                await sweep_sessions(stop)
            except DatabaseUnavailable as error:
                app.logger.warning("Could not remove login sessions that are over: %s", error.__cause__)
            except Exception:
                app.logger.exception("Could not remove login sessions that are over")


async def _is_set_within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
