"""The sweep: every worker removes the rows of expired login sessions, and others, about once an hour.

Rows that another transaction has locked are skipped, and the work is done in small batches, so that neither workers
nor users wait for it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.models.login_session import Kind, LoginSession
from quart_app.pause import is_set_within

from .limits import current_limits

_INTERVAL = 3600.0  # seconds between two sweeps of a worker, on average
_BATCH = 1000  # rows that are read, and deleted, in one transaction
_PAUSE = 0.05  # seconds between two batches, in which other transactions can write

_position = tuple_(LoginSession.proved_at, LoginSession.id)


async def sweep_sessions(stop: asyncio.Event | None = None) -> int:
    """Remove all expired login sessions; return their number.

    Arguments:
        stop: when it is set, the sweep ends after the current batch.

    Raises:
        DatabaseUnavailable: the database does not answer. Batches that were removed before stay removed.
    """
    now = clock.now()
    return sum([await _sweep_kind(kind, now, stop or asyncio.Event()) for kind in Kind])


async def _sweep_kind(kind: Kind, now: datetime, stop: asyncio.Event) -> int:
    swept = 0
    query = _oldest(kind, now)
    while not stop.is_set():
        async with current_database().session() as session:
            rows = (await session.execute(query)).all()
            swept += await _delete_in(session, [row.id for row in rows if row.is_expired], now)
            await session.commit()
        if len(rows) < _BATCH:
            break
        query = _oldest(kind, now, after=rows[-1])
        await asyncio.sleep(_PAUSE)
    return swept


def _oldest(kind: Kind, now: datetime, *, after: Row[datetime, int, bool] | None = None) -> Select[datetime, int, bool]:
    """A batch of login sessions that may have expired, in the order of the index.

    There is no index on ``last_seen_at``, because every last-seen update would have to change it. But the password of
    an idle session was not entered recently either, so few of the rows that are read have not expired.
    """
    limits = current_limits()
    query = (
        select(LoginSession.proved_at, LoginSession.id, limits.expired(now).label("is_expired"))
        .where(LoginSession.kind == kind, LoginSession.proved_at < now - limits.shortest(kind))
        .order_by(LoginSession.proved_at, LoginSession.id)
        .limit(_BATCH)
    )
    return query if after is None else query.where(_position > (after.proved_at, after.id))


async def _delete_in(session: AsyncSession, ids: Sequence[int], now: datetime) -> int:
    if not ids:
        return 0  # without taking the write lock, of which SQLite has only one
    expired = (
        select(LoginSession.id)
        .where(LoginSession.id.in_(ids), current_limits().expired(now))
        .with_for_update(skip_locked=True)  # for PostgreSQL
        .cte()
    )
    query = delete(LoginSession).where(LoginSession.id.in_(select(expired.c.id))).returning(LoginSession.id)
    return len((await session.execute(query)).all())


Sweep = Callable[[asyncio.Event], Awaitable[int]]
"""Removes rows, and ends after the current batch when the event is set; returns their number."""


def init_app(app: Application, *others: Sweep) -> None:
    """Sweep at intervals while the application is served; at the end, finish the current batch.

    Arguments:
        app: the application.
        others: remove other rows that have expired.
    """

    @app.while_serving
    async def sweep() -> AsyncGenerator[None, None]:
        stop = asyncio.Event()
        sweeping = asyncio.create_task(_sweep_at_intervals(app, stop, others))
        yield
        stop.set()
        await sweeping


async def _sweep_at_intervals(app: Application, stop: asyncio.Event, others: Sequence[Sweep]) -> None:
    """Sweep at random intervals. The first sweep is not at the start, when a server is busy."""
    while not await is_set_within(_INTERVAL * random.uniform(0.5, 1.5), stop):  # noqa: S311 - spreads the workers, no secret
        async with app.app_context():
            try:
                for sweep in (sweep_sessions, *others):
                    await sweep(stop)
            except DatabaseUnavailable as error:
                app.logger.warning("Could not remove expired rows; trying again in about an hour: %s", error.__cause__)
            except Exception:
                app.logger.exception("Could not remove expired rows; trying again in about an hour")
