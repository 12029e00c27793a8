"""When a login session was last seen, to the minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from quart_app.application import this_app
from quart_app.database import DatabaseUnavailable

from .models import LoginSession

#: How exact ``last_seen_at`` is: writing down each request would cost each request a transaction.
SEEN_EVERY = timedelta(minutes=1)


def is_sighting_due(session: LoginSession, now: datetime) -> bool:
    """Whether it is time to write down that a login session is in use."""
    return now - session.last_seen_at >= SEEN_EVERY


async def write_sighting(session_id: int, seen_at: datetime) -> None:
    """Write down that a login session was in use at a moment, unless one of that minute or later is there.

    Called in the background, as no answer should wait, or fail, for this.
    """
    query = (
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.last_seen_at <= seen_at - SEEN_EVERY)
        .values(last_seen_at=seen_at)
    )
    try:
        async with this_app.database.session() as session:
            await session.execute(query)
            await session.commit()
    except DatabaseUnavailable as error:
        this_app.logger.warning("Could not write down that a login session is in use: %s", error.__cause__)
